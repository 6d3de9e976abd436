BEGIN;
CREATE TABLE IF NOT EXISTS company.visit (id serial, page text);
COMMENT ON COLUMN company.visit.id IS 'DEPRECATED 2025-10-23: nobody counts them';
COMMIT;
