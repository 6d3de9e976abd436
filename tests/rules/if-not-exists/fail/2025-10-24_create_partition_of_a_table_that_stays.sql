BEGIN;
CREATE TABLE IF NOT EXISTS company.visit (id bigint) PARTITION BY RANGE (id);
CREATE TABLE company.visit_1 PARTITION OF company.visit FOR VALUES FROM (1) TO (2); -- expect: if-not-exists
COMMIT;
