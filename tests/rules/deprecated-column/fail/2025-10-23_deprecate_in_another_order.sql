BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED (2025-10-23): nobody has one'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS 'DEPRECATED: 2025-10-23 nobody reads it'; -- expect: deprecated-column
COMMIT;
