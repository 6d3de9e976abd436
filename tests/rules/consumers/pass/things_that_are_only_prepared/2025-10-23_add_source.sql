BEGIN;
ALTER TABLE company.log ADD COLUMN source text;
COMMIT;
