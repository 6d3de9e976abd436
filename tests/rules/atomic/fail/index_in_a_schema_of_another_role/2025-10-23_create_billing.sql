BEGIN;
CREATE ROLE billing;
GRANT billing TO CURRENT_USER;
CREATE SCHEMA billing AUTHORIZATION billing;
SET LOCAL ROLE billing;
CREATE TABLE billing.invoice (id bigint PRIMARY KEY, "Paid On" date);
COMMIT;
