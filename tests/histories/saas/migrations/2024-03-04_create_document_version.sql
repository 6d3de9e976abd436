BEGIN;

CREATE TABLE IF NOT EXISTS app.document_version (
    document_id bigint NOT NULL REFERENCES app.document (document_id) ON DELETE CASCADE,
    version integer NOT NULL CHECK (version > 0),
    body text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (document_id, version)
);
GRANT SELECT, INSERT ON app.document_version TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.document_version;
-- COMMIT;
