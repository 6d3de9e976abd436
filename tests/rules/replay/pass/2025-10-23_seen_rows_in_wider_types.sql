BEGIN;
ALTER TABLE company.master ALTER COLUMN legacy_id TYPE bigint;
ALTER TABLE company.log ALTER COLUMN id TYPE numeric(30, 2), ALTER COLUMN note TYPE varchar(5000);
ALTER TABLE company.slot ALTER COLUMN payload TYPE text USING payload::text;
ALTER TABLE company.master ALTER COLUMN created_at TYPE text;
COMMIT;
