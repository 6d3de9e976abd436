-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-720456E4
-- Last Updated: 2025-04-28
-- Enforcement: ORBT

-- Description: Trim product names

BEGIN;

-- ctb:allow keep-data: spaces around a name are typing errors
UPDATE shop.product SET name = btrim(name) WHERE name <> btrim(name);

COMMIT;

-- Rollback: none, because the spaces are not kept
