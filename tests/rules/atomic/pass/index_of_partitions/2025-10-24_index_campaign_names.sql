-- ctb:no-transaction: CONCURRENTLY works only partition by partition
CREATE INDEX IF NOT EXISTS campaigns_name_idx ON ONLY marketing.campaigns (name);
CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_old_name_idx ON marketing.campaigns_old (name);
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_old_name_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_new_name_idx ON marketing.campaigns_new (name);
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_new_name_idx;
