-- ctb:allow no-drop-column: nothing is dropped any more -- expect: unused-allow:1
-- ctb:allow if-not-exists: the table is made once
BEGIN;
CREATE TABLE company.tag (id bigint);
COMMIT;
