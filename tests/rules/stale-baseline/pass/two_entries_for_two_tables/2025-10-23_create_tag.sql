BEGIN;
CREATE TABLE company.tag (id bigint);
CREATE TABLE company.label (id bigint);
COMMIT;
