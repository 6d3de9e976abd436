BEGIN;
CREATE DOMAIN company.vat AS varchar(20) NOT NULL CONSTRAINT vat_check CHECK (VALUE ~ '^[A-Z]{2}');
ALTER TABLE company.log ADD COLUMN vat company.vat;
COMMENT ON COLUMN company.log.vat IS 'DEPRECATED 2025-10-23: moved to company.slot'; -- expect: deprecated-column
COMMIT;
