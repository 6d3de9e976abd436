-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-25B89556
-- Last Updated: 2025-01-06
-- Enforcement: ORBT

-- Description: Create shop schema

BEGIN;

CREATE SCHEMA IF NOT EXISTS shop;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP SCHEMA IF EXISTS shop;
-- COMMIT;
