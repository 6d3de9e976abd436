BEGIN;
ALTER TABLE company.master ADD COLUMN tier text NOT NULL DEFAULT 'bronze';
UPDATE company.master SET tier = 'gold' WHERE legacy_id = 0;
UPDATE company.master SET tier = upper(tier);
COMMIT;
