BEGIN;

CREATE OR REPLACE FUNCTION jobs.retry_delay(attempts integer) RETURNS interval
LANGUAGE sql IMMUTABLE
RETURN least(interval '1 hour', interval '1 second' * power(2, least(attempts, 12)));

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS jobs.retry_delay(integer);
-- COMMIT;
