BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
CREATE TABLE IF NOT EXISTS people.tag (id bigint);
CREATE INDEX tag_id_idx ON people.tag (id); -- expect: if-not-exists
COMMIT;
