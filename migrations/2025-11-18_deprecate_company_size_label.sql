-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-D4203208
-- Last Updated: 2025-11-18
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Size in words is given up for employee_count. The column stays, as the guide asks: it is
-- marked, and no longer needed on insert

BEGIN;

COMMENT ON COLUMN company.master.size_label IS 'DEPRECATED 2025-11-18: sources disagree about the words; use employee_count instead';

ALTER TABLE IF EXISTS company.master ALTER COLUMN size_label DROP NOT NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- UPDATE company.master SET size_label = 'unknown' WHERE size_label IS NULL;
-- ALTER TABLE IF EXISTS company.master ALTER COLUMN size_label SET NOT NULL;
-- COMMENT ON COLUMN company.master.size_label IS 'Size as a word: unknown, small, medium, large';
-- COMMIT;
