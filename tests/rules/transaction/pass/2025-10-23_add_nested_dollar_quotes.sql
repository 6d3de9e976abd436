BEGIN;
DO $outer$ BEGIN EXECUTE $inner$ SELECT 'BEGIN;' $inner$; END $outer$;
COMMIT;
