BEGIN;

CREATE TABLE IF NOT EXISTS app.comment (
    comment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES app.document (document_id) ON DELETE CASCADE,
    parent_id bigint REFERENCES app.comment (comment_id) ON DELETE CASCADE,
    author_id bigint REFERENCES app.account (account_id) ON DELETE SET NULL,
    body text NOT NULL CHECK (char_length(body) BETWEEN 1 AND 10000),
    resolved boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS comment_document_id_idx ON app.comment (document_id) WHERE NOT resolved;
CREATE INDEX IF NOT EXISTS comment_parent_id_idx ON app.comment (parent_id);
GRANT SELECT, INSERT, UPDATE ON app.comment TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.comment;
-- COMMIT;
