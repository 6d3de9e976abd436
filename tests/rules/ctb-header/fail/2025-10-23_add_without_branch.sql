-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- Barton ID: 05.01.02 -- expect: ctb-header
-- Unique ID: CTB-7A31C0DE
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep the companies that we write to

BEGIN;
SELECT 1;
COMMIT;
