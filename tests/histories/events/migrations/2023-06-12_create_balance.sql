-- A projection: it can be built again from the events.

BEGIN;

CREATE TABLE IF NOT EXISTS es.balance (
    stream_id uuid PRIMARY KEY,
    amount numeric(14, 2) NOT NULL DEFAULT 0,
    position bigint NOT NULL
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS es.balance;
-- COMMIT;
