BEGIN;

CREATE TABLE IF NOT EXISTS jobs.rate_limit (
    kind text PRIMARY KEY,
    per_minute integer NOT NULL CHECK (per_minute > 0),
    window_ tstzrange NOT NULL DEFAULT tstzrange(now(), now() + interval '1 minute')
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS jobs.rate_limit;
-- COMMIT;
