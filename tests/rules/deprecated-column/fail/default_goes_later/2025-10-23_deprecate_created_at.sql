BEGIN;
COMMENT ON COLUMN company.master.created_at -- expect: deprecated-column
    IS 'DEPRECATED 2025-10-23: the log knows';
COMMIT;
