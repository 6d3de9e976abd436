BEGIN;

CREATE OR REPLACE FUNCTION es.refuse() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'events are not changed';
END $$;
DROP TRIGGER IF EXISTS event_is_final ON es.event;
CREATE TRIGGER event_is_final BEFORE UPDATE OR DELETE ON es.event FOR EACH ROW EXECUTE FUNCTION es.refuse();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS event_is_final ON es.event;
-- DROP FUNCTION IF EXISTS es.refuse();
-- COMMIT;
