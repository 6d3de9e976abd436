-- ctb:no-transaction: VACUUM cannot run inside one
VACUUM FULL;
ALTER TABLE company.tally ADD COLUMN since date;
CLUSTER company.tally USING tally_pkey;
ALTER TABLE company.tally ADD COLUMN until date;
