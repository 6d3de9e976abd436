BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- Rollback:
-- DO $$
-- BEGIN
--     EXECUTE 'DROP TABLE IF EXISTS company.tag';
-- END $$;
