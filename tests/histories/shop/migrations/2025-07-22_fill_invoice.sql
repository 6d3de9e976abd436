-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-767A4056
-- Last Updated: 2025-07-22
-- Enforcement: ORBT

-- Description: Paid orders from before had their invoice from the old program; its numbers are not ours.

BEGIN;

INSERT INTO shop.invoice (order_id, total)
SELECT t.order_id, t.total
FROM shop.order_total t
WHERE t.status IN ('paid', 'shipped', 'closed')
ON CONFLICT (order_id) DO NOTHING;

COMMIT;

-- Rollback: none, because the invoices are dropped with their table
