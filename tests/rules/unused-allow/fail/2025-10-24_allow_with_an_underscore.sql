BEGIN;
-- ctb_allow if-not-exists: a second run must stop here -- expect: unused-allow
CREATE TABLE company.tag (id bigint);
COMMIT;
