BEGIN;
CREATE TABLE company.contact AS SELECT id, name, fax, legacy_id FROM company.master;
SELECT id, note INTO company.log_copy FROM company.log;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT table_name AS tab, column_name AS col FROM information_schema.columns
        WHERE (table_name, column_name) IN (('contact', 'fax'), ('contact', 'legacy_id'), ('log_copy', 'note'))
    LOOP
        EXECUTE concat('ALTER TABLE company.', one.tab, chr(32), 'DROP', chr(32), one.col);
    END LOOP;
END $$;
COMMIT;
