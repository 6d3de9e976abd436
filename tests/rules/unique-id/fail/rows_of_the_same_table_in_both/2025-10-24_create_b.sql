-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-1A2B3C4D -- expect: unique-id
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep the companies that we write to
BEGIN;
DELETE FROM company.log WHERE note = 'CTB-1A2B3C4D';
COMMIT;
