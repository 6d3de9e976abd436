BEGIN;

ALTER TABLE es.event DROP CONSTRAINT IF EXISTS event_type_given;
ALTER TABLE es.event ADD CONSTRAINT event_type_given CHECK (type <> '') NOT VALID;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE es.event DROP CONSTRAINT IF EXISTS event_type_given;
-- COMMIT;
