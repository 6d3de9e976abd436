BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: GDPR';
COMMENT ON COLUMN company.log.note IS 'DEPRECATED 2025-10-23: ... see company.master.name';
COMMENT ON COLUMN company.log.id IS 'deprecated 2025-10-23: 不要';
COMMIT;
