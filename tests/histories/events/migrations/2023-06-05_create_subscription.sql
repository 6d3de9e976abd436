BEGIN;

CREATE TABLE IF NOT EXISTS es.subscription (
    name text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS es.subscription;
-- COMMIT;
