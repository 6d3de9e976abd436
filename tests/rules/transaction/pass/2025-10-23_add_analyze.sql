BEGIN;
ANALYZE company.master;
REINDEX TABLE company.slot;
COMMIT;
