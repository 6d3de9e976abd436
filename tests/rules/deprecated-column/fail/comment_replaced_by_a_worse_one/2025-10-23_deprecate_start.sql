BEGIN;
COMMENT ON COLUMN marketing.campaigns.starts_on IS 'DEPRECATED 2025-10-23: use period';
COMMENT ON COLUMN marketing.campaigns.name IS 'DEPRECATED: see title';
COMMIT;
