BEGIN;
DROP TABLE IF EXISTS company.copied;
CREATE TABLE company.copied AS SELECT id, note FROM company.log;
CREATE INDEX copied_id_idx ON company.copied (id);
ALTER TABLE company.copied DROP COLUMN note;
COMMIT;
