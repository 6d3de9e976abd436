ALTER TABLE company.master ALTER COLUMN legacy_id TYPE bigint;
