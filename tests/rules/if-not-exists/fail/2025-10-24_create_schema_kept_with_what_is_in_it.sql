BEGIN;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE TABLE staging.tag (id bigint); -- expect: if-not-exists
CREATE INDEX tag_id_idx ON staging.tag (id); -- expect: if-not-exists
COMMIT;
