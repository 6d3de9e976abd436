BEGIN;
ALTER TABLE company.log -- expect: replay error
    ADD CONSTRAINT log_note_there CHECK (note IS NOT NULL);
COMMIT;
