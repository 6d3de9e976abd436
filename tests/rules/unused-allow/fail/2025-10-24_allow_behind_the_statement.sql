BEGIN;
CREATE TABLE company.tag (id bigint); -- ctb:allow if-not-exists: a second run must stop here -- expect: unused-allow
COMMIT;
