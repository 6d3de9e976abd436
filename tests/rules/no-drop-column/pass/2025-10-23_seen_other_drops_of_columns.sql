BEGIN;
CREATE FUNCTION company.relax(tab regclass, col name, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP %s', tab, col, what);
END $$;
SELECT company.relax('people.master', 'full_name', 'EXPRESSION');
SELECT company.relax('people.master', 'email', 'NOT NULL');
SELECT company.relax('people.master', 'id', 'IDENTITY');
SELECT company.relax('company.master', 'legacy_id', 'DEFAULT');
COMMIT;
