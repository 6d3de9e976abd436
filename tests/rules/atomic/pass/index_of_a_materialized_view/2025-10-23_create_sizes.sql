BEGIN;
CREATE MATERIALIZED VIEW company.sizes AS SELECT size_label, count(*) AS n FROM company.master GROUP BY size_label;
COMMIT;
