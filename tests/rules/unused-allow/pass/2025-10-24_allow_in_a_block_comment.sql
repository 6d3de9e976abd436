BEGIN;
/* ctb:allow if-not-exists: a second run must stop here */
CREATE TABLE company.tag (id bigint);
COMMIT;
