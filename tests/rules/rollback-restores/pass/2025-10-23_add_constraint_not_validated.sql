BEGIN;
ALTER TABLE company.log DROP CONSTRAINT IF EXISTS log_note_check;
ALTER TABLE company.log ADD CONSTRAINT log_note_check CHECK (note <> '') NOT VALID;
COMMIT;
-- Rollback:
-- ALTER TABLE company.log DROP CONSTRAINT IF EXISTS log_note_check;
