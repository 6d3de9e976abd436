BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-02-30: nobody has one'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.name IS 'DEPRECATED 2025-10-32: use domain'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS 'DEPRECATED 2023-02-29: not a leap year'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.id IS 'DEPRECATED 2025-13-01: not a month'; -- expect: deprecated-column
COMMIT;
