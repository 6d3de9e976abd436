BEGIN;
-- ctb:allow keep-data: no row goes -- expect: unused-allow:1
UPDATE company.log SET note = note WHERE false;
COMMIT;
