CREATE TEMP TABLE batch (id bigint);
CREATE INDEX batch_idx ON batch (id);
CREATE TEMPORARY VIEW batch_view AS SELECT id FROM batch;
CREATE TEMP SEQUENCE batch_seq;
CREATE TEMP TABLE copied AS SELECT id FROM company.master;
CREATE TABLE pg_temp.third (id bigint);
ALTER TABLE batch ADD COLUMN note text;
DROP VIEW batch_view;
DROP TABLE batch, copied;
