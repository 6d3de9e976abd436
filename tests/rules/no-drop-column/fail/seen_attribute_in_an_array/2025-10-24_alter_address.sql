BEGIN;
DO $$ BEGIN -- expect: no-drop-column
    EXECUTE 'ALTER TYPE company.address DROP ATTRIBUTE ' || chr(99) || 'ity';
END $$;
COMMIT;
