BEGIN;
-- COMMENT ON COLUMN company.master.fax IS 'DEPRECATED';
ALTER TABLE company.master ADD COLUMN IF NOT EXISTS phone text NOT NULL DEFAULT ''; -- DEPRECATED
/* DEPRECATED: COMMENT ON COLUMN people.master.email IS 'DEPRECATED'; */
INSERT INTO company.log (note) VALUES ('COMMENT ON COLUMN company.master.fax IS ''DEPRECATED'';');
CREATE FUNCTION company.deprecate_email() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    COMMENT ON COLUMN people.master.email IS 'DEPRECATED';
END $$;
DO $$ BEGIN IF false THEN COMMENT ON COLUMN company.master.domain IS 'DEPRECATED'; END IF; END $$;
COMMIT;
