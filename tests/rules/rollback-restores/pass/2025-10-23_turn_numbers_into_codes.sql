BEGIN;

ALTER TABLE company.master ALTER COLUMN legacy_id DROP DEFAULT;
ALTER TABLE company.master ALTER COLUMN legacy_id TYPE text USING 'L' || legacy_id;

COMMIT;

-- Rollback:
-- ALTER TABLE company.master ALTER COLUMN legacy_id TYPE integer USING substr(legacy_id, 2)::integer;
-- ALTER TABLE company.master ALTER COLUMN legacy_id SET DEFAULT 0;
