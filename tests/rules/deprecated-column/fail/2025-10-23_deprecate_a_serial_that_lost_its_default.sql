BEGIN;
CREATE TABLE IF NOT EXISTS company.visit (id serial, page text);
ALTER TABLE company.visit ALTER COLUMN id DROP DEFAULT;
COMMENT ON COLUMN company.visit.id IS 'DEPRECATED 2025-10-23: nobody counts them'; -- expect: deprecated-column
COMMIT;
