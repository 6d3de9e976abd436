-- Events are appended and never changed. The position orders all of them.

BEGIN;

CREATE TABLE IF NOT EXISTS es.event (
    position bigint GENERATED ALWAYS AS IDENTITY,
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (position),
    UNIQUE (stream_id, version)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS es.event;
-- COMMIT;
