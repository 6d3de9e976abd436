BEGIN;
CREATE TABLE IF NOT EXISTS company.domain (name text PRIMARY KEY, first_id bigint NOT NULL, many bigint NOT NULL);
INSERT INTO company.domain (name, first_id, many)
SELECT lower(domain), min(id), count(*) FROM company.master GROUP BY lower(domain)
ON CONFLICT (name) DO UPDATE SET many = excluded.many;
COMMIT;
