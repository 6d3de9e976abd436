BEGIN;

CREATE TABLE IF NOT EXISTS app.tag (
    tag_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES app.tenant (tenant_id) ON DELETE CASCADE,
    label text NOT NULL,
    color text NOT NULL DEFAULT '#888888' CHECK (color ~ '^#[0-9a-f]{6}$'),
    UNIQUE (tenant_id, label)
);
CREATE TABLE IF NOT EXISTS app.document_tag (
    document_id bigint REFERENCES app.document (document_id) ON DELETE CASCADE,
    tag_id bigint REFERENCES app.tag (tag_id) ON DELETE CASCADE,
    PRIMARY KEY (document_id, tag_id)
);
GRANT SELECT, INSERT, DELETE ON app.tag, app.document_tag TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.document_tag;
-- DROP TABLE IF EXISTS app.tag;
-- COMMIT;
