-- ─────────────────────────────────────────────
-- 📁 CTB Classification Metadata
-- ─────────────────────────────────────────────
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-76B418E2
-- Last Updated: 2025-10-23
-- Enforcement: ORBT
-- ─────────────────────────────────────────────

-- Description: Let a golden record be deleted although slots were promoted into it: the slots stay,
-- and point to nothing

BEGIN;

ALTER TABLE IF EXISTS company.slot DROP CONSTRAINT IF EXISTS slot_company_id_fkey;

-- In one step, without NOT VALID: the lock that DROP CONSTRAINT took lasts until COMMIT, so two would spare nobody
ALTER TABLE IF EXISTS company.slot
    ADD CONSTRAINT slot_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id)
    ON DELETE SET NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE IF EXISTS company.slot DROP CONSTRAINT IF EXISTS slot_company_id_fkey;
-- ALTER TABLE IF EXISTS company.slot
--     ADD CONSTRAINT slot_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master (company_id);
-- COMMIT;
