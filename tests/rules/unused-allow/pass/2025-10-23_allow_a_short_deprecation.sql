BEGIN;
-- ctb:allow deprecated-column: the older tool wants it so
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED';
COMMIT;
