BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS legacy_cents integer;
UPDATE company.master SET legacy_cents = legacy_id * 100; -- expect: replay warning
COMMIT;
