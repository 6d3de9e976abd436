BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS headcount text;
UPDATE company.master
SET headcount =
        coalesce(size_label, 'unknown') -- expect: idempotent
WHERE headcount IS NULL;
ALTER TABLE company.master DROP COLUMN IF EXISTS size_label;
COMMIT;
