-- ctb:allow if-not-exist: a second run must stop here -- expect: unused-allow:1
-- ctb:allow ct07: in small letters -- expect: unused-allow:1
-- ctb:allow CT99: nobody has it -- expect: unused-allow:1
-- ctb:allow: everything -- expect: unused-allow:1
BEGIN;
CREATE TABLE company.tag (id bigint);
COMMIT;
