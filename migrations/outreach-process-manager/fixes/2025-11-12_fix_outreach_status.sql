-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-E327CC25
-- Last Updated: 2025-11-12
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Let a message end because its receiver opted out, which was booked as a bounce

BEGIN;

ALTER TABLE marketing.outreach_history DROP CONSTRAINT IF EXISTS outreach_history_status_check;

ALTER TABLE marketing.outreach_history
    ADD CONSTRAINT outreach_history_status_check CHECK (status IN ('queued', 'sent', 'bounced', 'replied', 'opted_out')) NOT VALID;

ALTER TABLE marketing.outreach_history VALIDATE CONSTRAINT outreach_history_status_check;

COMMIT;

-- Rollback:
-- BEGIN;
-- UPDATE marketing.outreach_history SET status = 'bounced' WHERE status = 'opted_out';
-- ALTER TABLE marketing.outreach_history DROP CONSTRAINT IF EXISTS outreach_history_status_check;
-- ALTER TABLE marketing.outreach_history
--     ADD CONSTRAINT outreach_history_status_check CHECK (status IN ('queued', 'sent', 'bounced', 'replied'));
-- COMMIT;
