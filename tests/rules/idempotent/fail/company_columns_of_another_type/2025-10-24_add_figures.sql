BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS founded_on date;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS employees integer; -- expect: idempotent
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS revenue numeric(12, 2);
COMMIT;
