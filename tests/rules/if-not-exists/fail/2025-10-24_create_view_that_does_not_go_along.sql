BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
CREATE VIEW company.tags AS SELECT id FROM company.log; -- expect: if-not-exists
COMMIT;
