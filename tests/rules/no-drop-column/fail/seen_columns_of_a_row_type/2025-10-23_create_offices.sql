BEGIN;
CREATE TYPE company.place AS (street text, floor integer);
CREATE TABLE company.office OF company.place (PRIMARY KEY (street));
CREATE TABLE company.stub (id bigint, label text);
ALTER TABLE company.log ADD COLUMN stub company.stub;
COMMIT;
