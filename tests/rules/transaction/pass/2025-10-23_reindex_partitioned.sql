-- ctb:no-transaction: Postgres refuses REINDEX of a partitioned table inside one
REINDEX TABLE marketing.campaigns;
