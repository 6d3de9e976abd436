BEGIN;
COMMENT ON COLUMN people.master.email IS 'DEPRECATED 2025-10-23: use people.address'; -- expect: deprecated-column
ALTER TABLE people.master ALTER COLUMN title DROP NOT NULL;
ALTER TABLE people.master ALTER COLUMN email SET DEFAULT NULL;
COMMIT;
