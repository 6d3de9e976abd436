BEGIN;
COMMENT ON COLUMN company.master.domain IS 'DEPRECATED 2025-10-23: use company.site'; -- expect: deprecated-column
ALTER TABLE company.master ALTER COLUMN domain DROP NOT NULL;
COMMIT;
