BEGIN;
ALTER TYPE company.address DROP ATTRIBUTE city; -- expect: no-drop-column
COMMIT;
