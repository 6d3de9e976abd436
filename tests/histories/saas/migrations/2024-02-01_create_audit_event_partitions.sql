BEGIN;

DO $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT generate_series(date '2024-02-01', date '2024-06-01', interval '1 month')::date LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS app.audit_event_%s PARTITION OF app.audit_event FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYYMM'), month, (month + interval '1 month')::date
        );
    END LOOP;
END $$;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.audit_event_202402, app.audit_event_202403, app.audit_event_202404;
-- DROP TABLE IF EXISTS app.audit_event_202405, app.audit_event_202406;
-- COMMIT;
