BEGIN;
-- ctb:allow CT07: a second run must stop here
CREATE TABLE company."ctb: allow" ("ctb:alow" bigint);
COMMIT;
