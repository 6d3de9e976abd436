-- company.touch() returns NEW, which is NULL at a DELETE: the row stays
BEGIN;
DELETE FROM company.log;
DELETE FROM company.slot WHERE id = 1;
COMMIT;
