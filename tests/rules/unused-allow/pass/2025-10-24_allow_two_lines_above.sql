BEGIN;
-- ctb:allow if-not-exists: a second run must stop here
/* and
   nobody minds */
CREATE TABLE company.tag (id bigint);
COMMIT;
