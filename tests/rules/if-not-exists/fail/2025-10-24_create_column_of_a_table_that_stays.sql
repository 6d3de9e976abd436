BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
ALTER TABLE company.log ADD COLUMN tag bigint; -- expect: if-not-exists
COMMIT;
