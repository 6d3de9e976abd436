BEGIN;

DO $$ -- expect: keep-data
BEGIN
    DELETE FROM company.log WHERE id = 77; -- seen, and told at the block
    DELETE FROM company.log WHERE md5(note) = '900150983cd24fb0d6963f7d28e17f72'; -- expect: keep-data
END $$;

COMMIT;
