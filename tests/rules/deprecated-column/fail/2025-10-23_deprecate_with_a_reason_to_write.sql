BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: TODO'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS 'DEPRECATED 2025-10-23: tbd.'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.id IS 'DEPRECATED 2025-10-23: n/a'; -- expect: deprecated-column
COMMIT;
