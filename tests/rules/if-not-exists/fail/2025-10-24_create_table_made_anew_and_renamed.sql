BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
ALTER TABLE company.tag RENAME TO label; -- expect: if-not-exists
CREATE INDEX label_id_idx ON company.label (id); -- expect: if-not-exists
COMMIT;
