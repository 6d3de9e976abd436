DO $$
BEGIN
    IF false THEN
        NULL;
    ELSIF true THEN
        ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column:36
    END IF;
    CASE 1 WHEN 1 THEN
        ALTER TABLE company.master DROP legacy_id; -- expect: no-drop-column:36
    ELSE
        NULL;
    END CASE;
    BEGIN
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
        ALTER TABLE company.master DROP size_label; -- expect: no-drop-column:36
    END;
END $$;
