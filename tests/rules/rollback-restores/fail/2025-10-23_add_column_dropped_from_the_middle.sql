BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS extra text;
ALTER TABLE company.master DROP COLUMN fax;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.master ADD COLUMN fax text CONSTRAINT master_fax_check CHECK (fax <> '');
-- ALTER TABLE company.log DROP COLUMN extra;
