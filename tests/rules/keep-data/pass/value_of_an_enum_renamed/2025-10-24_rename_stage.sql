BEGIN;
ALTER TYPE company.stage RENAME VALUE 'new' TO 'fresh';
ALTER TABLE company.deal ALTER COLUMN stage SET DEFAULT 'fresh';
COMMIT;
