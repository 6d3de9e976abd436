BEGIN;
-- ctb:disable -- expect: unused-allow
CREATE TABLE company.tag (id bigint);
COMMIT;
