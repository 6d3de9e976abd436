BEGIN;
SELECT format('ALTER TABLE company.log ADD COLUMN IF NOT EXISTS %I text', name)
FROM (VALUES ('phone'), ('fax')) AS wanted (name) \gexec
COMMIT;
