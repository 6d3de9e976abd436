BEGIN;
CREATE FUNCTION company.apply(command text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE command; END $$;
SELECT company.apply('CREATE TABLE company.intake (id bigint, raw jsonb)');
SELECT company.apply('ALTER TABLE company.intake ADD COLUMN name text');
SELECT company.apply('ALTER TABLE company.intake DROP COLUMN raw');
DROP FUNCTION company.apply(text);
COMMIT;
