-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-43663C01
-- Last Updated: 2025-11-06
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Find companies by part of their name, and near misspellings of it

BEGIN;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE INDEX IF NOT EXISTS master_name_trgm_idx ON company.master USING gin (name public.gin_trgm_ops);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS company.master_name_trgm_idx;
-- DROP EXTENSION IF EXISTS pg_trgm;
-- COMMIT;
