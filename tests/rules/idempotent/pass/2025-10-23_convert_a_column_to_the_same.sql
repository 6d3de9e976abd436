BEGIN;

ALTER TABLE company.log ALTER COLUMN note TYPE text USING lower(note);

COMMIT;
