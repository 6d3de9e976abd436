-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-C53B56BA
-- Last Updated: 2025-02-10
-- Enforcement: ORBT

-- Description: Add refunded to order status

BEGIN;

ALTER TYPE shop.order_status ADD VALUE IF NOT EXISTS 'refunded' AFTER 'closed';

COMMIT;

-- Rollback: none, because Postgres cannot take a value out of an enum
