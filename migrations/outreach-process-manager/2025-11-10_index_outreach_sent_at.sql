-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-B2515810
-- Last Updated: 2025-11-10
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Let the daily limit of a campaign be counted without reading its whole history

-- ctb:no-transaction: messages are sent all day, and a plain CREATE INDEX would block each of them

-- Broken off, the build leaves an invalid index, which IF NOT EXISTS takes for a finished one: so it is dropped first
DROP INDEX CONCURRENTLY IF EXISTS marketing.outreach_history_sent_at_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS outreach_history_sent_at_idx
    ON marketing.outreach_history (sent_at) WHERE sent_at IS NOT NULL;

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS marketing.outreach_history_sent_at_idx;
