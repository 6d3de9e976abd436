BEGIN;
ALTER TABLE company.log RENAME TO journal; -- expect: consumers
COMMIT;
