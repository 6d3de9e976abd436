BEGIN;
DROP MATERIALIZED VIEW IF EXISTS company.totals;
CREATE MATERIALIZED VIEW company.totals AS SELECT count(*) AS number FROM company.log;
CREATE UNIQUE INDEX totals_idx ON company.totals (number);
COMMIT;
