BEGIN;
-- ctb:allow if-not-exists: TODO -- expect: unused-allow
CREATE TABLE company.tag (id bigint);
COMMIT;
