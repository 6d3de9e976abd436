BEGIN;
CREATE OR REPLACE FUNCTION company.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_at := now();
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS master_touch ON company.master;
CREATE TRIGGER master_touch BEFORE INSERT ON company.master FOR EACH ROW EXECUTE FUNCTION company.touch();
DROP POLICY IF EXISTS own_rows ON company.slot;
CREATE POLICY own_rows ON company.slot USING (master_id IS NOT NULL);
COMMIT;
