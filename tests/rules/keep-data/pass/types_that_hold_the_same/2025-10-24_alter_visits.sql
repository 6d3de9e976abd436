BEGIN;
ALTER TABLE company.visit
    ALTER COLUMN id TYPE bigint,
    ALTER COLUMN seen_at TYPE timestamptz USING seen_at AT TIME ZONE 'UTC',
    ALTER COLUMN path TYPE text,
    ALTER COLUMN cents TYPE numeric(12, 4);
ALTER TABLE company.master ALTER COLUMN legacy_id TYPE bigint;
COMMIT;
