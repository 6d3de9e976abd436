BEGIN;
ALTER TABLE people.master ALTER COLUMN email SET DEFAULT '';
COMMENT ON COLUMN people.master.email IS 'DEPRECATED 2025-10-23: use people.address';
COMMIT;
