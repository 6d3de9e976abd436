BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- ─────────
-- Rollback:
-- ─────────
-- That was all. -- expect: rollback-instructions
