-- ctb:no-transaction: VACUUM cannot run inside one
VACUUM FULL company.tally;
