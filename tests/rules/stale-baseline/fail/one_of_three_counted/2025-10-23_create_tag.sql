BEGIN;
CREATE TABLE company.tag (id bigint);
CREATE TABLE company.tag2 (id bigint);
COMMIT;
