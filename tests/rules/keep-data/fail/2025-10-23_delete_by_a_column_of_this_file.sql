BEGIN;

ALTER TABLE company.log ADD COLUMN stage text NOT NULL DEFAULT 'live';
UPDATE company.log SET stage = 'dead' WHERE id > 4000;
DELETE FROM company.log WHERE stage = 'dead'; -- expect: keep-data

COMMIT;
