BEGIN;
DO $$
BEGIN
    DROP TABLE IF EXISTS company.tag;
    CREATE TABLE company.tag (id bigint);
    CREATE INDEX tag_id_idx ON company.tag (id);
END $$;
COMMIT;
