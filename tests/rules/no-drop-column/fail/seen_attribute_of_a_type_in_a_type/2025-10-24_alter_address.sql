BEGIN;
ALTER TYPE company.address DROP ATTRIBUTE IF EXISTS city; -- expect: no-drop-column
COMMIT;
