-- Producers write the new name since October; events themselves stay as they are.

BEGIN;

CREATE TABLE IF NOT EXISTS es.type_rename (old text PRIMARY KEY, new text NOT NULL);
INSERT INTO es.type_rename (old, new) VALUES ('user_created', 'user-registered') ON CONFLICT DO NOTHING;
CREATE OR REPLACE VIEW es.current_event AS
SELECT e.position, e.stream_id, e.version, coalesce(r.new, e.type) AS type, e.payload, e.metadata, e.recorded_at
FROM es.event e
LEFT JOIN es.type_rename r ON r.old = e.type;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS es.current_event;
-- DROP TABLE IF EXISTS es.type_rename;
-- COMMIT;
