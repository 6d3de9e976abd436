BEGIN;
ALTER TABLE company.master ALTER COLUMN domain SET NOT NULL;
ALTER TABLE company.master ADD CHECK (domain = lower(domain)); -- expect: idempotent
COMMENT ON COLUMN company.master.domain IS 'in lower case';
COMMIT;
