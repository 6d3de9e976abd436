-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-DEA9402D
-- Last Updated: 2025-07-28
-- Enforcement: ORBT

-- Description: Two rows with the same text are one address.

BEGIN;

-- ctb:allow keep-data: copies of an address of the same customer
DELETE FROM shop.address a
USING shop.address b
WHERE a.customer_id = b.customer_id AND a.street = b.street AND a.city = b.city AND a.postcode = b.postcode
    AND a.country = b.country AND a.address_id > b.address_id;

COMMIT;

-- Rollback: none, because a copy says nothing that the first one does not
