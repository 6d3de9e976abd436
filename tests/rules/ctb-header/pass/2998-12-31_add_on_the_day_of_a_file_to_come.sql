-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-7A31C0DE
-- Last Updated: 2998-12-31
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep the tags of companies

BEGIN;
SELECT 1;
COMMIT;
