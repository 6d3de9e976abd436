-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-1A2B3C4D -- expect: unique-id
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- ctb:no-transaction: an index is built beside the writers
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_id ON company.log (id);
