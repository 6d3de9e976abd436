BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- DOWN MIGRATION (for rollback reference)

-- DROP TABLE IF EXISTS company.tag;
