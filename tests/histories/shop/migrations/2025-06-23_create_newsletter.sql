-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-7E1598F9
-- Last Updated: 2025-06-23
-- Enforcement: ORBT

-- Description: Create newsletter

BEGIN;

CREATE TABLE IF NOT EXISTS shop.newsletter (
    email text PRIMARY KEY,
    confirmed_at timestamptz,
    source text NOT NULL DEFAULT 'website'
);
INSERT INTO shop.newsletter (email, confirmed_at, source)
SELECT lower(c.email), min(c.created_at), 'customer'
FROM shop.customer c
GROUP BY lower(c.email)
ON CONFLICT (email) DO NOTHING;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.newsletter;
-- COMMIT;
