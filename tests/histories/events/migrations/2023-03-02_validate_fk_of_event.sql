-- The rollback leaves it valid: NOT VALID is no state that anybody wants back.

BEGIN;

ALTER TABLE es.event VALIDATE CONSTRAINT event_stream_id_fkey;

COMMIT;

-- Rollback: none, because a constraint that was validated does no harm
