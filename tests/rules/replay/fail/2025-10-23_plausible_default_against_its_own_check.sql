BEGIN;
ALTER TABLE company.log -- expect: replay error
    ADD COLUMN IF NOT EXISTS weight integer DEFAULT 0 CHECK (weight > 0);
COMMIT;
