BEGIN;
UPDATE company.master SET name = btrim(name);
COMMIT;
-- Rollback:
-- None, because
--   the blanks are kept nowhere.
