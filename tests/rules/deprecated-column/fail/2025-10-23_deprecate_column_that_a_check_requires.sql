BEGIN;
ALTER TABLE company.master ADD CONSTRAINT master_name_there CHECK (name IS NOT NULL);
ALTER TABLE company.master ADD CONSTRAINT master_label_there CHECK (size_label IS NOT NULL) NOT VALID;
COMMENT ON COLUMN company.master.name IS 'DEPRECATED 2025-10-23: use domain'; -- expect: deprecated-column
COMMENT ON COLUMN company.master.size_label IS 'DEPRECATED 2025-10-23: count people'; -- expect: deprecated-column
COMMIT;
