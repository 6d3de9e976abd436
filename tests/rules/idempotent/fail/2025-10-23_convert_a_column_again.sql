BEGIN;

ALTER TABLE company.log ALTER COLUMN note TYPE text USING note || ' (old)'; -- expect: idempotent

COMMIT;
