BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE INDEX IF NOT EXISTS tag_name_idx ON company.tag (name);
COMMENT ON TABLE company.tag IS 'x';
COMMIT;
-- Rollback:
-- DROP TABLE IF EXISTS company.tag;
