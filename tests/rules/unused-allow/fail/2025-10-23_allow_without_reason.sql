BEGIN;
-- ctb:allow if-not-exists -- expect: unused-allow:1
CREATE TABLE company.tag (id bigint);
-- ctb:allow if-not-exists: -- expect: unused-allow:1
CREATE TABLE company.tag_of (id bigint);
COMMIT;
