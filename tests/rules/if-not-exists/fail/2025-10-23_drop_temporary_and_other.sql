CREATE TEMP TABLE batch (id bigint);
DROP TABLE batch, company.log; -- expect: if-not-exists
