BEGIN;
SAVEPOINT one;
DELETE FROM company.log WHERE id = 1;
ROLLBACK TO SAVEPOINT one;
DELETE FROM company.log WHERE id > 2; -- expect: keep-data
SAVEPOINT two;
DELETE FROM company.log;
ROLLBACK TO SAVEPOINT two;
COMMIT;
