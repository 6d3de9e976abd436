-- the name that Postgres makes up is free again each time
BEGIN;
ALTER TABLE company.log DROP CONSTRAINT IF EXISTS log_note_check;
ALTER TABLE company.log ADD CHECK (note <> '');
DROP INDEX IF EXISTS company.log_id_idx;
CREATE INDEX ON company.log (id);
COMMIT;
