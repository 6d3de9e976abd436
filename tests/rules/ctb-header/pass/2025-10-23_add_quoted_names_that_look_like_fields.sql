-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-7A31C0DE
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep the tags of companies

BEGIN;
CREATE TABLE IF NOT EXISTS company."CTB Branch: ui" (id bigint) PARTITION BY RANGE (id);
COMMIT;
/* CTB Branch: ui/frontend */
