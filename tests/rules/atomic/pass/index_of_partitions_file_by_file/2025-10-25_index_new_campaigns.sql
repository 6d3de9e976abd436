-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS marketing.campaigns_new_name_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_new_name_idx ON marketing.campaigns_new (name);
