BEGIN;
CREATE OR REPLACE FUNCTION company.rank(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 0; END $$;
COMMIT;

-- Rollback: -- expect: rollback-restores
-- CREATE OR REPLACE FUNCTION company.rank(n int) RETURNS int
-- LANGUAGE plpgsql
-- AS $$
-- BEGIN
--     IF n > 3 THEN
--         RETURN 4; -- the highest
--     END IF;
--
--     RETURN n;
-- END $$;
