BEGIN;
-- ctb:allow if-not-exists: ... -- expect: unused-allow
CREATE TABLE company.tag (id bigint);
COMMIT;
