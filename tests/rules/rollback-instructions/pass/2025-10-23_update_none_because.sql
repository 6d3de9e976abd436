BEGIN;
UPDATE company.master SET name = btrim(name);
COMMIT;
-- Rollback: none, because the blanks are kept nowhere
