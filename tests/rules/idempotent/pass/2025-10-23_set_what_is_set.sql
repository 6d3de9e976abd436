BEGIN;
GRANT USAGE ON SCHEMA company TO PUBLIC;
REVOKE ALL ON company.log FROM PUBLIC;
ALTER TABLE company.master
    ALTER COLUMN legacy_id SET DEFAULT 1,
    ALTER COLUMN name SET NOT NULL,
    ALTER COLUMN size_label TYPE varchar(20);
ALTER TABLE company.slot ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.log SET (fillfactor = 90);
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED: nobody has one';
COMMIT;
