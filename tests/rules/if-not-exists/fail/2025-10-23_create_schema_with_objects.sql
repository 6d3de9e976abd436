CREATE SCHEMA bit CREATE TABLE score (id bigint) CREATE INDEX ON score (id); -- expect: if-not-exists:1
