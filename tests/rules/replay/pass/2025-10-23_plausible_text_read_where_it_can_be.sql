BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS body jsonb;
UPDATE company.log SET body = CASE WHEN note ~ '^\{"id": [0-9]+\}$' THEN note::jsonb ELSE to_jsonb(note) END;
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS founded date;
UPDATE company.master SET founded = to_date(size_label, 'YYYY-MM-DD') WHERE size_label ~ '^\d{4}-(0\d|1[0-2])-([01]\d|2[0-8])$';
COMMIT;
