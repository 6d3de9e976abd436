-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: database/migrations -- expect: ctb-header
-- Barton ID: 05.01.02
-- Unique ID: CTB-7A31C0DE
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep the tags of companies

BEGIN;
SELECT 1;
COMMIT;
