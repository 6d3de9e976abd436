BEGIN;
CREATE DOMAIN company.zip AS text CHECK (VALUE ~ '^\d{5}$');
ALTER TABLE company.master ADD COLUMN zip company.zip;
ALTER TABLE company.log ADD COLUMN zips company.zip[];
COMMIT;
