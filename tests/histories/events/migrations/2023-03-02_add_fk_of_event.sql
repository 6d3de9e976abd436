BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'event_stream_id_fkey') THEN
        ALTER TABLE es.event ADD CONSTRAINT event_stream_id_fkey
            FOREIGN KEY (stream_id) REFERENCES es.stream (stream_id) NOT VALID;
    END IF;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE es.event DROP CONSTRAINT IF EXISTS event_stream_id_fkey;
-- COMMIT;
