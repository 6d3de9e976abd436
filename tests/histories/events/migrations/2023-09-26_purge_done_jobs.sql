BEGIN;

-- ctb:allow keep-data: done jobs are kept for 30 days, as the handbook says; this is the first run of the purge
DELETE FROM jobs.job WHERE state = 'done' AND finished_at < now() - interval '30 days';

COMMIT;

-- Rollback: none, because nobody needs them
