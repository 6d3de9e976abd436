BEGIN;
ALTER TABLE company.tally ALTER COLUMN hits TYPE bigint;
COMMIT;
