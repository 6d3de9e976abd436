BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS legacy_cents bigint;
UPDATE company.master SET legacy_cents = legacy_id::bigint * 100;
COMMIT;
