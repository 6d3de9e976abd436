-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-5D6A2391
-- Last Updated: 2025-01-13
-- Enforcement: ORBT

-- Description: Create order status

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typname = 'order_status' AND n.nspname = 'shop'
    ) THEN
        CREATE TYPE shop.order_status AS ENUM ('cart', 'placed', 'paid', 'shipped', 'closed');
    END IF;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TYPE IF EXISTS shop.order_status;
-- COMMIT;
