BEGIN;
ALTER TABLE company.slot DROP CONSTRAINT slot_pkey;
ALTER TABLE company.slot ALTER COLUMN id DROP NOT NULL;
ALTER TABLE company.slot ADD COLUMN uid uuid PRIMARY KEY DEFAULT gen_random_uuid();
COMMENT ON COLUMN company.slot.id IS 'DEPRECATED 2025-10-23: use uid';
COMMIT;
