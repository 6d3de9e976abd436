BEGIN;
ALTER TABLE company.slot ADD COLUMN IF NOT EXISTS uid uuid UNIQUE DEFAULT gen_random_uuid();
COMMENT ON COLUMN company.slot.id IS 'DEPRECATED 2025-10-23: use uid'; -- expect: deprecated-column
COMMENT ON COLUMN company.slot.master_id IS 'DEPRECATED 2025-10-23: nothing refers to it';
COMMIT;
