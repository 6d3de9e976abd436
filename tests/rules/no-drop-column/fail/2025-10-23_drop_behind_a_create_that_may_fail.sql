DO $$
BEGIN
    CREATE TABLE company.master (id bigint);
EXCEPTION WHEN duplicate_table THEN
    NULL;
END $$;
CREATE OR REPLACE FUNCTION company.nobody_calls() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE TABLE company.slot (); END';
ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column
ALTER TABLE company.slot DROP COLUMN payload; -- expect: no-drop-column
