BEGIN;
CREATE TABLE company.label (id bigint);
COMMIT;
