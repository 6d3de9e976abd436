BEGIN;

CREATE OR REPLACE FUNCTION es.append(to_stream uuid, expected bigint, of_type text, data jsonb) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    new_position bigint;
BEGIN
    UPDATE es.stream SET version = version + 1 WHERE stream_id = to_stream AND version = expected;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'stream % is not at version %', to_stream, expected USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO es.event (stream_id, version, type, payload)
    VALUES (to_stream, expected + 1, of_type, data)
    RETURNING position INTO new_position;
    RETURN new_position;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP FUNCTION IF EXISTS es.append(uuid, bigint, text, jsonb);
-- COMMIT;
