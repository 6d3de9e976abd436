-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-C716EE84
-- Last Updated: 2025-04-22
-- Enforcement: ORBT

-- Description: Index orders placed

-- ctb:no-transaction: CREATE INDEX CONCURRENTLY runs outside of a transaction

DROP INDEX CONCURRENTLY IF EXISTS shop.orders_placed_at_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_placed_at_idx ON shop.orders (placed_at DESC) WHERE status <> 'cart';

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS shop.orders_placed_at_idx;
