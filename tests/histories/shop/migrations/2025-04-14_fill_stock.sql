-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-EBE02851
-- Last Updated: 2025-04-14
-- Enforcement: ORBT

-- Description: Fill stock

BEGIN;

INSERT INTO shop.stock (product_id)
SELECT p.product_id FROM shop.product p
WHERE NOT EXISTS (SELECT FROM shop.stock s WHERE s.product_id = p.product_id);

COMMIT;

-- Rollback: none, because a row with nothing in stock says what was true before
