BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE INDEX tag_id_idx ON company.tag (id); -- expect: if-not-exists
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
COMMIT;
