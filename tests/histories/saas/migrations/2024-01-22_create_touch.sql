-- updated_at is kept by the database, not by the API.

BEGIN;

CREATE OR REPLACE FUNCTION app.touch() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    new.updated_at := now();
    RETURN new;
END $$;
DROP TRIGGER IF EXISTS project_touch ON app.project;
CREATE TRIGGER project_touch BEFORE UPDATE ON app.project FOR EACH ROW EXECUTE FUNCTION app.touch();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS project_touch ON app.project;
-- DROP FUNCTION IF EXISTS app.touch();
-- COMMIT;
