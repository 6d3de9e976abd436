BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED: nobody has one';
UPDATE company.master SET fax = NULL WHERE fax IS NOT NULL; -- expect: keep-data
COMMIT;
