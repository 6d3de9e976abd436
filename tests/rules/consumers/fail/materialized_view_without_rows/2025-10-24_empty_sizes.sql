BEGIN;
REFRESH MATERIALIZED VIEW company.sizes WITH NO DATA; -- expect: consumers
COMMIT;
