BEGIN;
ALTER TABLE company.master RENAME COLUMN size_label TO size_name;
COMMIT;
-- Rollback:
-- ALTER TABLE company.master DROP COLUMN size_name;
-- ALTER TABLE company.master ADD COLUMN size_label text;
