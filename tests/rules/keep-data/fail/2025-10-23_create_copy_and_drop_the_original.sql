BEGIN;
CREATE TABLE company.slot_new (LIKE company.slot INCLUDING ALL);
INSERT INTO company.slot_new SELECT * FROM company.slot;
ALTER TABLE company.slot RENAME TO slot_old;
ALTER TABLE company.slot_new RENAME TO slot;
DROP TABLE company.slot_old; -- expect: keep-data
COMMIT;
