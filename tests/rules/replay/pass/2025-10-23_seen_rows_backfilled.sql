BEGIN;
UPDATE company.master SET name = domain WHERE name IS NULL;
ALTER TABLE company.master ALTER COLUMN name SET NOT NULL;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS kind text;
UPDATE company.log SET kind = coalesce(left(note, 20), 'none');
ALTER TABLE company.log ALTER COLUMN kind SET NOT NULL, ADD CONSTRAINT log_kind_short CHECK (length(kind) <= 20);
COMMIT;
