DO $body$
BEGIN
    EXECUTE 'ALTER TABLE company.master DROP COLUMN fax'; -- expect: no-drop-column
END $body$;
