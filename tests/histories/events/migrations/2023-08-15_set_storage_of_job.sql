BEGIN;

ALTER TABLE jobs.job SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE jobs.job RESET (fillfactor, autovacuum_vacuum_scale_factor);
-- COMMIT;
