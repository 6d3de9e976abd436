BEGIN;
DO $$
BEGIN
    IF false THEN
        DROP TABLE IF EXISTS company.tag CASCADE;
    END IF;
END $$;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE VIEW company.tags AS SELECT id FROM company.tag; -- expect: if-not-exists
COMMIT;
