COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: nobody has one; DROP COLUMN is not our way';
ALTER TABLE company.master ALTER COLUMN fax DROP NOT NULL;
