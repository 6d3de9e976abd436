BEGIN;
UPDATE company.place SET id = id + 100;
UPDATE company.place SET id = id - 100;
COMMIT;
