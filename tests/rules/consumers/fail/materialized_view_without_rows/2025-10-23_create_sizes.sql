BEGIN;
CREATE MATERIALIZED VIEW company.sizes AS SELECT size_label, count(*) AS n FROM company.master GROUP BY 1;
COMMIT;
