-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-86318724
-- Last Updated: 2025-08-18
-- Enforcement: ORBT

-- Description: Create page view partitions

BEGIN;

DO $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT generate_series(date '2025-08-01', date '2025-10-01', interval '1 month')::date LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS shop.%I PARTITION OF shop.page_view FOR VALUES FROM (%L) TO (%L)',
            'page_view_' || to_char(month, 'YYYY_MM'), month, (month + interval '1 month')::date
        );
    END LOOP;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.page_view_2025_08, shop.page_view_2025_09, shop.page_view_2025_10;
-- COMMIT;
