-- ctb:no-transaction: CONCURRENTLY works only partition by partition
CREATE INDEX IF NOT EXISTS campaigns_name_idx ON ONLY marketing.campaigns (name);
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('marketing.campaigns_old_name_idx') AND NOT indisvalid) THEN
        DROP INDEX marketing.campaigns_old_name_idx;
    END IF;
END $$;
CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_old_name_idx ON marketing.campaigns_old (name);
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_old_name_idx;
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('marketing.campaigns_new_name_idx') AND NOT indisvalid) THEN
        DROP INDEX marketing.campaigns_new_name_idx;
    END IF;
END $$;
CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_new_name_idx ON marketing.campaigns_new (name);
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_new_name_idx;
