-- ctb:no-transaction: the table is in use all day
CREATE INDEX IF NOT EXISTS campaigns_name_idx ON ONLY marketing.campaigns (name);
CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_old_name_idx ON marketing.campaigns_old (name); -- expect: atomic
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_old_name_idx;
