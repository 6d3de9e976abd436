BEGIN;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS phone text;
DO $$ BEGIN EXECUTE 'ALTER TABLE company.master DROP COLUMN f' || 'ax'; END $$; -- expect: consumers
COMMIT;
