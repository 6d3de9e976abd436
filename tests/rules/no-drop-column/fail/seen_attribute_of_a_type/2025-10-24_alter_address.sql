BEGIN;
ALTER TYPE company.address DROP ATTRIBUTE city CASCADE; -- expect: no-drop-column
COMMIT;
