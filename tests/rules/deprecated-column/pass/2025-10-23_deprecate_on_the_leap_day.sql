BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2024-02-29: nobody has one';
COMMIT;
