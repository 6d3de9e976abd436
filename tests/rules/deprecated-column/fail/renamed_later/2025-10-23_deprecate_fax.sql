BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED! Nobody has one'; -- expect: deprecated-column
COMMENT ON COLUMN company.log.note IS 'DEPRECATED: use payload'; -- expect: deprecated-column
COMMIT;
