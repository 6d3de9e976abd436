BEGIN;
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: nobody has one; use phone';
COMMENT ON COLUMN company.slot.payload IS 'DEPRECATED 2024-02-29: it''s read by nobody (a leap day)
and nobody writes it: see company.log';
COMMENT ON COLUMN company.master."name" IS E'DEPRECATED 2025-10-23: use domain\n';
COMMIT;
