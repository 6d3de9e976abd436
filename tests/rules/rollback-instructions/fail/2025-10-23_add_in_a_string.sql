BEGIN;
INSERT INTO company.log (note) VALUES ('
-- Rollback:
-- DELETE FROM company.log;
');
COMMIT; -- expect: rollback-instructions
