BEGIN;
CREATE SCHEMA IF NOT EXISTS ctb;
-- ctb:allow if-not-exists: a second run must stop here
CREATE TABLE ctb.allow (id bigint); -- the table ctb.allow
COMMIT;
