BEGIN;
DELETE FROM company.log;
DROP TABLE company.slot;
ROLLBACK;
BEGIN;
INSERT INTO company.log (id, note) VALUES (1, 'rehearsed');
COMMIT;
