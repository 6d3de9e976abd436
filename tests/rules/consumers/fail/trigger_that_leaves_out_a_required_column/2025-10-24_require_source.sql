BEGIN;
ALTER TABLE company.audit ALTER COLUMN source SET NOT NULL; -- expect: consumers
COMMIT;
