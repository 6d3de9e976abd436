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

ALTER TABLE IF EXISTS marketing.outreach_history DROP CONSTRAINT IF EXISTS outreach_history_status_check;

-- In one step, without NOT VALID: the lock that DROP CONSTRAINT took lasts until COMMIT, so two would spare nobody
ALTER TABLE IF EXISTS marketing.outreach_history
    ADD CONSTRAINT outreach_history_status_check
    CHECK (status IN ('queued', 'sent', 'bounced', 'replied', 'opted_out'));

COMMIT;

-- Rollback:
-- BEGIN;
-- UPDATE marketing.outreach_history SET status = 'bounced' WHERE status = 'opted_out';
-- ALTER TABLE IF EXISTS marketing.outreach_history DROP CONSTRAINT IF EXISTS outreach_history_status_check;
-- ALTER TABLE IF EXISTS marketing.outreach_history
--     ADD CONSTRAINT outreach_history_status_check CHECK (status IN ('queued', 'sent', 'bounced', 'replied'));
-- COMMIT;
