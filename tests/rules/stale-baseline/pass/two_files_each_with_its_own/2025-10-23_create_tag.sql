BEGIN;
CREATE TABLE company.tag (id bigint);
COMMIT;
