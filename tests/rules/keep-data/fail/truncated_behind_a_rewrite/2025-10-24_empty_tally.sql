ALTER TABLE company.tally ALTER COLUMN hits TYPE bigint;
TRUNCATE company.tally; -- expect: keep-data
