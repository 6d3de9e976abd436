BEGIN;
CREATE OR REPLACE VIEW company.names AS SELECT id, name, fax FROM company.master;
DO $$
DECLARE
    one text;
BEGIN
    FOR one IN SELECT quote_ident(table_name) FROM information_schema.views WHERE table_schema = 'company' LOOP
        EXECUTE 'DROP VIEW company.' || one;
    END LOOP;
END $$;
CREATE VIEW company.names AS SELECT id FROM company.master;
CREATE MATERIALIZED VIEW company.faxes AS SELECT id, fax FROM company.master;
DROP MATERIALIZED VIEW company.faxes;
COMMIT;
