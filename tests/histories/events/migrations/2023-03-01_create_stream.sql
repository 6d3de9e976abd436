BEGIN;

CREATE SCHEMA IF NOT EXISTS es;
CREATE TABLE IF NOT EXISTS es.stream (
    stream_id uuid PRIMARY KEY,
    kind text NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS es.stream;
-- COMMIT;
