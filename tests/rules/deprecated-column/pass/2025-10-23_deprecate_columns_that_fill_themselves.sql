-- NOT NULL, all of them, and no INSERT has to name one
BEGIN;
COMMENT ON COLUMN company.master.created_at IS 'DEPRECATED 2025-10-23: the log knows';
COMMENT ON COLUMN company.master.id IS 'DEPRECATED 2025-10-23: use domain';
COMMENT ON COLUMN people.master.id IS 'DEPRECATED 2025-10-23: use email';
ALTER TABLE people.master ADD COLUMN initial text NOT NULL GENERATED ALWAYS AS (left(email, 1)) STORED;
COMMENT ON COLUMN people.master.initial IS 'DEPRECATED 2025-10-23: ask for left(email, 1)';
CREATE TABLE company.counter (id serial PRIMARY KEY, label text NOT NULL DEFAULT '');
COMMENT ON COLUMN company.counter.id IS 'DEPRECATED 2025-10-23: use label';
COMMENT ON COLUMN company.counter.label IS 'DEPRECATED 2025-10-23: use id';
COMMIT;
