BEGIN;

ALTER TABLE app.document
    ADD COLUMN IF NOT EXISTS search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || body)) STORED;
CREATE INDEX IF NOT EXISTS document_search_idx ON app.document USING gin (search);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS app.document_search_idx;
-- ALTER TABLE app.document DROP COLUMN IF EXISTS search;
-- COMMIT;
