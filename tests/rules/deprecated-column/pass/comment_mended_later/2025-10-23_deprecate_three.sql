BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED';
COMMENT ON COLUMN company.master.name IS 'DEPRECATED: use domain';
COMMENT ON COLUMN people.master.email IS 'DEPRECATED since 2025';
COMMENT ON COLUMN people.master.title IS 'Deprecated!';
COMMIT;
