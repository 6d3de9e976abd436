BEGIN;
-- ctb:allow CT07: a second run must stop here
CREATE TABLE company.tag (id bigint);
COMMIT;
