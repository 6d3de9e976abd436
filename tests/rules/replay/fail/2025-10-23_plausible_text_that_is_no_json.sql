BEGIN;
ALTER TABLE company.log ALTER COLUMN note TYPE jsonb USING note::jsonb; -- expect: replay warning
COMMIT;
