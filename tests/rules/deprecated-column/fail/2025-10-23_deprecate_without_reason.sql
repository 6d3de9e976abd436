BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.name IS 'DEPRECATED 2025-10-23:'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS E'DEPRECATED 2025-10-23: \t\n'; -- expect: deprecated-column
COMMENT ON COLUMN company.slot.payload IS 'DEPRECATED 2025-10-23 nobody reads it'; -- expect: deprecated-column
COMMIT;
