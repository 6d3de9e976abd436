BEGIN;
UPDATE people.master SET title = COALESCE('Employee', title); -- expect: keep-data
COMMIT;
