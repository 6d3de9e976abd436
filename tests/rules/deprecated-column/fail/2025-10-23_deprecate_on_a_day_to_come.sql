BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2999-01-01: nobody has one'; -- expect: deprecated-column
COMMIT;
