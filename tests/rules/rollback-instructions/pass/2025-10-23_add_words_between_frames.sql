BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- ======== ROLLBACK SCRIPT ========
-- DROP TABLE IF EXISTS company.tag;
-- =================================
-- nothing more
