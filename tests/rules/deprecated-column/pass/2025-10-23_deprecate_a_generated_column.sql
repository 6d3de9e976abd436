BEGIN;
COMMENT ON COLUMN people.master.full_name IS 'DEPRECATED 2025-10-23: build it where it is shown';
COMMENT ON COLUMN company.master.id IS 'DEPRECATED 2025-10-23: identities fill themselves';
COMMIT;
