BEGIN;
-- ctb:allow CT07: a second run must stop here -- expect: unused-allow:1
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
