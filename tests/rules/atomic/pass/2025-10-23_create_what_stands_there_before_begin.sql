CREATE SCHEMA IF NOT EXISTS company;
CREATE TABLE IF NOT EXISTS company.log (id bigint, note text);
DROP TABLE IF EXISTS company.never_was;
BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE INDEX IF NOT EXISTS tag_id_idx ON company.tag (id);
COMMIT;
CREATE INDEX IF NOT EXISTS tag_id_idx ON company.tag (id);
