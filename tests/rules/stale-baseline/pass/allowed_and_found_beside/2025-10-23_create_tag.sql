BEGIN;
-- ctb:allow if-not-exists: once is enough
CREATE TABLE company.label (id bigint);
CREATE TABLE company.tag (id bigint);
COMMIT;
