-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-3F615A3D
-- Last Updated: 2025-03-17
-- Enforcement: ORBT

-- Description: Split customer name

BEGIN;

ALTER TABLE shop.customer ADD COLUMN IF NOT EXISTS first_name text, ADD COLUMN IF NOT EXISTS last_name text;
UPDATE shop.customer
SET first_name = split_part(name, ' ', 1), last_name = nullif(substr(name, length(split_part(name, ' ', 1)) + 2), '')
WHERE first_name IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.customer DROP COLUMN IF EXISTS first_name, DROP COLUMN IF EXISTS last_name;
-- COMMIT;
