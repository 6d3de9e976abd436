BEGIN;
-- ctb:allow if-not-exists: it is the next one -- expect: unused-allow:1
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE TABLE company.tag_of (id bigint);
COMMIT;
