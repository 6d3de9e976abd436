BEGIN;
ALTER TABLE marketing.regional INHERIT marketing.offer;
COMMIT;
-- Rollback:
-- ALTER TABLE marketing.regional NO INHERIT marketing.offer;
