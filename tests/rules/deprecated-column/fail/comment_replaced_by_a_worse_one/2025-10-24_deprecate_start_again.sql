-- of a partitioned table; the last word counts
BEGIN;
COMMENT ON COLUMN marketing.campaigns.name IS 'DEPRECATED 2025-10-24: see title';
COMMENT ON COLUMN marketing.campaigns.starts_on IS 'First day';
COMMENT ON COLUMN marketing.campaigns.starts_on IS 'DEPRECATED (see period)'; -- expect: deprecated-column
COMMIT;
