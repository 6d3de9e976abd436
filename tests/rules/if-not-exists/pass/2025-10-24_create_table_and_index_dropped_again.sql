BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
CREATE INDEX tag_id_idx ON company.tag (id);
DROP INDEX company.tag_id_idx;
DROP TABLE company.tag;
COMMIT;
