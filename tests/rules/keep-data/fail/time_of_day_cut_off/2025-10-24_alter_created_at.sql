BEGIN;
ALTER TABLE company.master ALTER COLUMN created_at TYPE date; -- expect: keep-data
ALTER TABLE company.master ALTER COLUMN created_at TYPE timestamptz;
COMMIT;
