-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-A8C9C0E2
-- Last Updated: 2025-06-30
-- Enforcement: ORBT

-- Description: Shorter than any postcode is none: text stays, with a limit.

BEGIN;

ALTER TABLE shop.address DROP CONSTRAINT IF EXISTS address_postcode_length;
ALTER TABLE shop.address ADD CONSTRAINT address_postcode_length CHECK (char_length(postcode) <= 12) NOT VALID;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.address DROP CONSTRAINT IF EXISTS address_postcode_length;
-- COMMIT;
