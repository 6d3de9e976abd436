BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- To undo this migration, run:
-- DROP TABLE IF EXISTS company.tag;
