BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS size int;
ALTER TABLE company.master ALTER COLUMN legacy_id TYPE bigint; -- expect: consumers
COMMIT;
