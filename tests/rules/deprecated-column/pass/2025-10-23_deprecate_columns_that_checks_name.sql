-- each may still be left out
BEGIN;
ALTER TABLE company.master ADD CONSTRAINT master_one_of_them CHECK (domain IS NOT NULL OR name IS NOT NULL);
ALTER TABLE company.master ADD CONSTRAINT master_label_check CHECK (size_label IS NULL OR size_label <> 'none');
ALTER TABLE company.log ADD CONSTRAINT log_note_gone CHECK (note IS NULL);
COMMENT ON COLUMN company.master.name IS 'DEPRECATED 2025-10-23: use domain';
COMMENT ON COLUMN company.master.size_label IS 'DEPRECATED 2025-10-23: count people';
COMMENT ON COLUMN company.log.note IS 'DEPRECATED 2025-10-23: use company.slot';
COMMIT;
