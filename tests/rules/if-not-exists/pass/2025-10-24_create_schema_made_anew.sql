BEGIN;
DROP SCHEMA IF EXISTS staging CASCADE;
CREATE SCHEMA staging;
CREATE TABLE staging.tag (id bigint);
CREATE INDEX tag_id_idx ON staging.tag (id);
CREATE VIEW staging.tags AS SELECT id FROM staging.tag;
CREATE FUNCTION staging.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMIT;
