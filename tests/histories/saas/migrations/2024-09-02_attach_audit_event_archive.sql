-- The old log becomes the partition of 2023.

BEGIN;

CREATE TABLE IF NOT EXISTS app.audit_event_2023 (LIKE app.audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE app.audit_event_2023 DROP CONSTRAINT IF EXISTS audit_event_2023_range;
ALTER TABLE app.audit_event_2023 ADD CONSTRAINT audit_event_2023_range
    CHECK (happened_at >= '2023-01-01' AND happened_at < '2024-01-01');
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'app.audit_event_2023'::regclass) THEN
        ALTER TABLE app.audit_event ATTACH PARTITION app.audit_event_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
    END IF;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.audit_event_2023;
-- COMMIT;
