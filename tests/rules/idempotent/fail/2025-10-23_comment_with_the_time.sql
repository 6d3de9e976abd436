BEGIN;
COMMENT ON TABLE company.slot IS 'one place in the calendar of a company';
DO $$ BEGIN -- expect: idempotent
    EXECUTE format('COMMENT ON TABLE company.log IS %L', 'reviewed at ' || clock_timestamp());
END $$;
COMMIT;
