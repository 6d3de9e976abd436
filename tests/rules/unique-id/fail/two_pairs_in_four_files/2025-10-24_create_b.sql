-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-00000002 -- expect: unique-id
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep the companies that we write to
BEGIN;
CREATE TABLE IF NOT EXISTS company.b (id bigint);
COMMIT;
