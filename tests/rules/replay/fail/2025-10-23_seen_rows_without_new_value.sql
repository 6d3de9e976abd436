BEGIN;
ALTER TABLE company.slot ADD COLUMN IF NOT EXISTS colour text;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS source text NOT NULL; -- expect: replay error
COMMIT;
