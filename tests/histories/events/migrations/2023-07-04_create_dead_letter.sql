BEGIN;

CREATE TABLE IF NOT EXISTS jobs.dead_letter (LIKE jobs.job INCLUDING DEFAULTS, buried_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS dead_letter_kind_idx ON jobs.dead_letter (kind, buried_at);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS jobs.dead_letter;
-- COMMIT;
