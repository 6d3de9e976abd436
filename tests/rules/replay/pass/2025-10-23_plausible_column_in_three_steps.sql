BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS source text;
UPDATE company.log SET source = 'unknown' WHERE source IS NULL;
ALTER TABLE company.log ALTER COLUMN source SET NOT NULL;
ALTER TABLE company.log ADD CONSTRAINT log_source_known CHECK (source IN ('unknown', 'import'));
COMMIT;
