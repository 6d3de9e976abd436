BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- ROLLBACK (uncomment to reverse this migration)
-- BEGIN;
-- DROP TABLE IF EXISTS company.tag;

-- COMMIT;

-- Anything else stands below an empty line.
