BEGIN;

ALTER TYPE jobs.state ADD VALUE IF NOT EXISTS 'expired' AFTER 'cancelled';

COMMIT;

-- Rollback: none, because Postgres cannot take a value out of an enum
