BEGIN;
ALTER TABLE company.tally ADD COLUMN since date;
COMMIT;
