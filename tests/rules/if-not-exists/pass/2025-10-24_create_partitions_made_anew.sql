BEGIN;
DROP TABLE IF EXISTS company.visit;
CREATE TABLE company.visit (id bigint) PARTITION BY RANGE (id);
CREATE TABLE company.visit_1 PARTITION OF company.visit FOR VALUES FROM (1) TO (2) PARTITION BY RANGE (id);
CREATE TABLE company.visit_1_rest PARTITION OF company.visit_1 DEFAULT;
CREATE INDEX visit_1_idx ON company.visit_1 (id);
COMMIT;
