BEGIN;
DROP TABLE IF EXISTS company."Tag";
CREATE TABLE company."Tag" (id bigint);
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE INDEX tag_id_idx ON company.tag (id); -- expect: if-not-exists
COMMIT;
