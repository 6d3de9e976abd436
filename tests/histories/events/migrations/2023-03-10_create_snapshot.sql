BEGIN;

CREATE TABLE IF NOT EXISTS es.snapshot (
    stream_id uuid PRIMARY KEY REFERENCES es.stream (stream_id) ON DELETE CASCADE,
    version bigint NOT NULL,
    state jsonb NOT NULL
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS es.snapshot;
-- COMMIT;
