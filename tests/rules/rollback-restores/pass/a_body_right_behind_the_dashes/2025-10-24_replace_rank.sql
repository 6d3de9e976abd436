BEGIN;
CREATE OR REPLACE FUNCTION company.rank(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 0; END $$;
COMMIT;

-- Rollback:
--BEGIN;
--CREATE OR REPLACE FUNCTION company.rank(n int) RETURNS int
--LANGUAGE plpgsql
--AS $$
--BEGIN
--    IF n > 3 THEN
--        RETURN 3; -- the highest
--    END IF;
--
--    RETURN n;
--END $$;
--COMMIT;
