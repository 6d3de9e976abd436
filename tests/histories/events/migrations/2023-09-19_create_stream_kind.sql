-- The kinds become a table, and the text a key into it.

BEGIN;

CREATE TABLE IF NOT EXISTS es.stream_kind (kind text PRIMARY KEY, label text);
INSERT INTO es.stream_kind (kind) SELECT DISTINCT s.kind FROM es.stream s ON CONFLICT DO NOTHING;
ALTER TABLE es.stream DROP CONSTRAINT IF EXISTS stream_kind_fkey;
ALTER TABLE es.stream ADD CONSTRAINT stream_kind_fkey FOREIGN KEY (kind) REFERENCES es.stream_kind (kind) NOT VALID;
ALTER TABLE es.stream VALIDATE CONSTRAINT stream_kind_fkey;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE es.stream DROP CONSTRAINT IF EXISTS stream_kind_fkey;
-- DROP TABLE IF EXISTS es.stream_kind;
-- COMMIT;
