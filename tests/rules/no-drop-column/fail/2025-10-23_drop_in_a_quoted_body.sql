DO 'BEGIN
    EXECUTE ''ALTER TABLE company.master DROP COLUMN fax''; -- expect: no-drop-column
END';
CREATE OR REPLACE PROCEDURE company.clean() LANGUAGE plpgsql AS 'BEGIN
    ALTER TABLE company.slot DROP COLUMN payload; -- expect: no-drop-column:30
END';
