BEGIN;
ALTER TABLE company.note ADD COLUMN at timestamptz DEFAULT clock_timestamp();
COMMIT;
