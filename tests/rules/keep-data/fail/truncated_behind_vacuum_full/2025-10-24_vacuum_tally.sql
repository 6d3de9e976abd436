-- ctb:no-transaction: VACUUM cannot run inside one
VACUUM FULL company.tally;
TRUNCATE company.tally; -- expect: keep-data
