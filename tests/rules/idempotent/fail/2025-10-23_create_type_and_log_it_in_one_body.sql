BEGIN;
DO $body$ -- expect: idempotent
BEGIN
    INSERT INTO company.log (id, note) VALUES (7, 'types: rank');
    BEGIN
        CREATE TYPE company.rank AS ENUM ('a', 'b', 'c');
        INSERT INTO company.log (id, note) VALUES (8, 'types: rank is new');
    EXCEPTION WHEN duplicate_object THEN
        RAISE NOTICE 'company.rank is there';
    END;
END $body$;
COMMIT;
