BEGIN;
CREATE FUNCTION company.give_name(which bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN UPDATE company.master SET name = what, fax = NULL WHERE id = which; END $$;
COMMIT;
