BEGIN;
CREATE OR REPLACE FUNCTION company.rank(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 0; END $$;
COMMIT;

-- Rollback:
-- COMMENT ON TABLE company.master IS 'two
-- lines';
-- COMMENT ON TABLE company.master IS NULL;
-- CREATE OR REPLACE FUNCTION company.rank(n int) RETURNS int
-- LANGUAGE plpgsql
-- AS $$
-- BEGIN
--     IF n > 3 THEN
--         RETURN 3; -- the highest
--     END IF;
--
--     RETURN n;
-- END $$;
