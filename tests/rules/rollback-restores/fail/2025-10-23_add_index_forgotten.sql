BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS phone text;
CREATE INDEX IF NOT EXISTS master_domain_idx ON company.master (domain);
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.master DROP COLUMN IF EXISTS phone;
