BEGIN;
ALTER TABLE marketing.event ADD COLUMN IF NOT EXISTS source text NOT NULL; -- expect: replay error
COMMIT;
