CREATE OR REPLACE FUNCTION company.clean(one company.master, VARIADIC names text[]) RETURNS SETOF company.stage
LANGUAGE plpgsql AS $$
DECLARE
    place company.stage := 'new';
    kept company.master%ROWTYPE;
    first company.address;
BEGIN
    kept.name := one.name;
    ALTER TABLE company.master DROP COLUMN fax; -- expect: no-drop-column:32
    RETURN NEXT place;
END $$;
DO $$
DECLARE
    one company.address;
BEGIN
    one.city := 'x';
    ALTER TABLE company.slot DROP COLUMN payload; -- expect: no-drop-column:30
END $$;
