BEGIN;
ALTER TYPE company.stage RENAME VALUE 'new' TO 'fresh';
COMMIT;
-- Rollback: none, because the old name is wrong everywhere
