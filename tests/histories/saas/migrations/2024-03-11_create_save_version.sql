BEGIN;

CREATE OR REPLACE FUNCTION app.save_version() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO app.document_version (document_id, version, body)
    SELECT old.document_id, coalesce(max(v.version), 0) + 1, old.body
    FROM app.document_version v WHERE v.document_id = old.document_id;
    RETURN new;
END $$;
DROP TRIGGER IF EXISTS document_version_saved ON app.document;
CREATE TRIGGER document_version_saved
    AFTER UPDATE OF body ON app.document
    FOR EACH ROW WHEN (old.body IS DISTINCT FROM new.body)
    EXECUTE FUNCTION app.save_version();

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TRIGGER IF EXISTS document_version_saved ON app.document;
-- DROP FUNCTION IF EXISTS app.save_version();
-- COMMIT;
