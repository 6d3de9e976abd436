BEGIN;
COMMENT ON COLUMN company.master.fax IS 'Not deprecated: people still send them';
COMMENT ON COLUMN company.master.created_at IS 'Deprecation date of the old record, where there was one';
COMMENT ON COLUMN company.master.domain IS 'Deprecates the former host_name';
COMMENT ON COLUMN people.master.email IS '''DEPRECATED'' is a value of title, not of this';
COMMENT ON COLUMN company.slot.id IS 'Undeprecated 2025-10-23';
COMMENT ON COLUMN marketing.campaigns.id IS '(deprecated numbers start at 9000)';
COMMIT;
