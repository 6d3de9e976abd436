BEGIN;
INSERT INTO company.log (id, note) SELECT 1, 'x' WHERE NOT EXISTS (SELECT FROM company.log);
COMMIT;
-- Rollback:
-- DELETE FROM company.log WHERE id = 1;
