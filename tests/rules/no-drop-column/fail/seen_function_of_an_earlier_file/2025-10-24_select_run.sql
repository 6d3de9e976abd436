BEGIN;
/* one look first */
WITH doomed AS ( -- expect: no-drop-column
    SELECT attname FROM pg_catalog.pg_attribute
    WHERE attrelid = 'company.master'::regclass AND attname IN ('fax', 'size_label')
)
SELECT count(*) FROM doomed
WHERE company.run(format('ALTER TABLE company.master DROP COLUMN %I', attname)) = 1;
PREPARE tidy (text) AS
    SELECT company.run('ALTER TABLE company.slot ' || $1);
EXECUTE tidy('ADD COLUMN IF NOT EXISTS kind text');
EXECUTE tidy('DROP payload'); -- expect: no-drop-column
CREATE TABLE company.run_of_today AS -- expect: no-drop-column
    SELECT company.run('ALTER TABLE company.log DROP note') AS done;
COMMIT;
