BEGIN;
CREATE TABLE company.tag (id bigint);
DROP TABLE company.tag;
CREATE TABLE company.tag (id bigint);
COMMIT;
