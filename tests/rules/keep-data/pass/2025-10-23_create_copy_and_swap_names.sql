BEGIN;
CREATE TABLE company.log_new AS SELECT DISTINCT id, left(note, 3) AS note FROM company.log;
ALTER TABLE company.log RENAME TO log_old;
ALTER TABLE company.log_new RENAME TO log;
DELETE FROM company.log WHERE note IS NULL;
COMMIT;
