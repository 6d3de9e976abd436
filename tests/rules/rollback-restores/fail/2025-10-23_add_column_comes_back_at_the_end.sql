BEGIN;
ALTER TABLE company.master RENAME COLUMN size_label TO size_name;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.master DROP COLUMN size_name;
-- ALTER TABLE company.master ADD COLUMN size_label text;
