BEGIN;

UPDATE company.master SET size_label = 'unknown' WHERE size_label IS NULL AND created_at < '2010-01-01';
UPDATE company.master SET name = initcap(domain) WHERE name IS NULL AND domain LIKE '%.example';
UPDATE company.slot SET payload = '{}' WHERE payload IS NULL AND id > 500;
UPDATE people.master SET title = coalesce(title, 'unknown') WHERE email = 'nobody@acme.example';

COMMIT;
