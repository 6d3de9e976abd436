-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-34FCC56A
-- Last Updated: 2025-01-21
-- Enforcement: ORBT

-- Description: Require vat of order line

BEGIN;

UPDATE shop.order_line SET vat_rate = 19 WHERE vat_rate IS NULL;
ALTER TABLE shop.order_line ALTER COLUMN vat_rate SET NOT NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.order_line ALTER COLUMN vat_rate DROP NOT NULL;
-- COMMIT;
