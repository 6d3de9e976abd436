BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: ...'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS 'DEPRECATED 2025-10-23: …'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.id IS 'DEPRECATED 2025-10-23: -'; -- expect: deprecated-column
COMMIT;
