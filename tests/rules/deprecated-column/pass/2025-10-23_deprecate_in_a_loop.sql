BEGIN;
CREATE TABLE marketing.campaigns_rest PARTITION OF marketing.campaigns DEFAULT;
DO $$
DECLARE
    col text;
BEGIN
    FOREACH col IN ARRAY ARRAY['name', 'starts_on'] LOOP
        EXECUTE format('COMMENT ON COLUMN marketing.campaigns.%I IS %L', col, 'DEPRECATED 2025-10-23: use marketing.period');
        EXECUTE format('COMMENT ON COLUMN marketing.campaigns_rest.%I IS %L', col, 'DEPRECATED 2025-10-23: see the parent');
        EXECUTE format('ALTER TABLE marketing.campaigns ALTER COLUMN %I DROP NOT NULL', col);
    END LOOP;
END $$;
COMMIT;
