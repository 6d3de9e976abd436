BEGIN;
DO $$ BEGIN
    IF to_regclass('company.tag') IS NULL THEN CREATE TABLE company.tag (id bigint); END IF;
END $$;
COMMIT;
