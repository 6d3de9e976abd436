-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-3B5A3D7E
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Keep a person's LinkedIn profile, which enrichment starts from

BEGIN;

ALTER TABLE IF EXISTS people.master ADD COLUMN IF NOT EXISTS linkedin_url text;

COMMENT ON COLUMN people.master.linkedin_url IS 'Public profile, https://www.linkedin.com/in/…, as the person gives it';

CREATE UNIQUE INDEX IF NOT EXISTS master_linkedin_url_key ON people.master (lower(linkedin_url));

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS people.master_linkedin_url_key;
-- ALTER TABLE IF EXISTS people.master DROP COLUMN IF EXISTS linkedin_url;
-- COMMIT;
