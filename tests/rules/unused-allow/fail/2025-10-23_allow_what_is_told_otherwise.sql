BEGIN;
-- ctb:allow deprecated-column: it says since when, and why -- expect: unused-allow:1
COMMENT ON COLUMN company.master.fax IS 'DEPRECATED 2025-10-23: nobody has one';
COMMIT;
