BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS employees text;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS founded_on date;
COMMIT;
