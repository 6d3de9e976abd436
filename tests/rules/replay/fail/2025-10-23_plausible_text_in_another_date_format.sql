BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS day date;
UPDATE company.log SET day = to_date(note, 'DD.MM.YYYY'); -- expect: replay warning
COMMIT;
