BEGIN;
CREATE INDEX tally_hits_idx ON company.tally (hits);
COMMIT;
