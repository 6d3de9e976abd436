BEGIN;
-- ctb:allow if-not-exists: see https://example.org/adr: no second run
CREATE TABLE company.tag (id bigint);
COMMIT;
