BEGIN;
UPDATE people.master AS p SET email = p.email || '+' || r.number
FROM (SELECT id, row_number() OVER (PARTITION BY lower(email) ORDER BY id) AS number FROM people.master) AS r
WHERE r.id = p.id AND r.number > 1;
CREATE UNIQUE INDEX IF NOT EXISTS master_email_key ON people.master (lower(email));
COMMIT;
