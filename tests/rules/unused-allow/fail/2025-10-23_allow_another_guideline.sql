BEGIN;
-- ctb:allow transaction: it is not this that is broken -- expect: unused-allow:1
CREATE TABLE company.tag (id bigint);
COMMIT;
