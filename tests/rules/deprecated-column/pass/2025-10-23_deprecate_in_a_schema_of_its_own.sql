BEGIN;
CREATE SCHEMA IF NOT EXISTS "Old Things";
CREATE TABLE IF NOT EXISTS "Old Things".fax (number text);
COMMENT ON COLUMN "Old Things".fax.number IS 'DEPRECATED 2025-10-23: nobody has one';
COMMIT;
