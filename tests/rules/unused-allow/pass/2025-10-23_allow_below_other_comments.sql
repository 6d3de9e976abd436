BEGIN;
-- ctb:allow if-not-exists: a second run must stop here
-- The table is what it is.
CREATE TABLE company.tag (id bigint);
COMMIT;
