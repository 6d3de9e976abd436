BEGIN;
-- ctb:allow if-not-exists: it does not stand on the line above -- expect: unused-allow:1

CREATE TABLE company.tag (id bigint);
COMMIT;
-- ctb:allow if-not-exists: at the end of the file -- expect: unused-allow:1
