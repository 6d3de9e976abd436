-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-5B39D5FE
-- Last Updated: 2025-01-07
-- Enforcement: ORBT

-- Description: Create category

BEGIN;

CREATE TABLE IF NOT EXISTS shop.category (
    category_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id integer REFERENCES shop.category (category_id),
    name text NOT NULL,
    CONSTRAINT category_name_key UNIQUE NULLS NOT DISTINCT (parent_id, name)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.category;
-- COMMIT;
