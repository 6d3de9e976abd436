BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
CREATE INDEX log_id_idx ON company.log (id); -- expect: if-not-exists
COMMIT;
