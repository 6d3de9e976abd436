BEGIN;
ALTER TYPE company.address ADD ATTRIBUTE zip text;
DROP VIEW company.houses;
ALTER TYPE company.address DROP ATTRIBUTE city;
COMMIT;
