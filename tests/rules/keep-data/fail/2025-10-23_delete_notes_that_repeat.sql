-- The table has no key
BEGIN;

DELETE FROM company.log AS a USING company.log AS b WHERE a.note = b.note AND a.id > b.id; -- expect: keep-data

COMMIT;
