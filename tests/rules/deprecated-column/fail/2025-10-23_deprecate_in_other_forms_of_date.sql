BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 23.10.2025: nobody has one'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.name IS 'DEPRECATED 2025/10/23: use domain'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.legacy_id IS 'DEPRECATED 2025-10: use id'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS 'DEPRECATED (2025-10-23): use payload'; -- expect: deprecated-column
COMMENT ON COLUMN company.slot.payload IS 'DEPRECATED 20251023: use company.log'; -- expect: deprecated-column
COMMIT;
