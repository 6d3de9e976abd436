BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.name IS 'DEPRECATED: use domain'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.size_label IS 'deprecated since last year, use people.master'; -- expect: deprecated-column
COMMIT;
