BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 23.10.2025: hat keiner mehr'; -- expect: deprecated-column
COMMIT;
