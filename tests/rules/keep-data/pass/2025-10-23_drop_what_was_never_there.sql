BEGIN;
DROP TABLE IF EXISTS company.never_was, outreach.message CASCADE;
DROP SCHEMA IF EXISTS outreach CASCADE;
CREATE SCHEMA outreach;
CREATE TABLE outreach.message (id bigint);
INSERT INTO outreach.message VALUES (1);
DROP SCHEMA outreach CASCADE;
COMMIT;
