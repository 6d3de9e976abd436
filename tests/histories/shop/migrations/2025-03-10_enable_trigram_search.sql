-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-E32C180B
-- Last Updated: 2025-03-10
-- Enforcement: ORBT

-- Description: Enable trigram search

BEGIN;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE INDEX IF NOT EXISTS product_name_trgm_idx ON shop.product USING gin (name public.gin_trgm_ops);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS shop.product_name_trgm_idx;
-- DROP EXTENSION IF EXISTS pg_trgm;
-- COMMIT;
