-- nobody inserts into these, and nobody drops them by DROP COLUMN
BEGIN;
CREATE MATERIALIZED VIEW company.domains AS SELECT domain, size_label FROM company.master;
COMMENT ON COLUMN company.domains.size_label IS 'DEPRECATED';
COMMENT ON COLUMN company.names.name IS 'DEPRECATED: use company.master';
COMMENT ON COLUMN company.address.street IS 'DEPRECATED, one line is enough';
COMMIT;
