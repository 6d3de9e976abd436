BEGIN;

INSERT INTO jobs.schedule (cron, kind)
VALUES ('0 3 * * *', 'purge'), ('*/5 * * * *', 'heartbeat'), ('0 6 * * 1', 'report')
ON CONFLICT (kind, cron) DO NOTHING;

COMMIT;

-- Rollback:
-- BEGIN;
-- -- Only what this file brought.
-- DELETE FROM jobs.schedule WHERE (kind, cron) IN (('purge', '0 3 * * *'), ('heartbeat', '*/5 * * * *'), ('report', '0 6 * * 1'));
-- COMMIT;
