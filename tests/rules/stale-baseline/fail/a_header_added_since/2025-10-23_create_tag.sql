-- CTB Branch: data/migrations
BEGIN;
CREATE TABLE company.tag (id bigint);
COMMIT;
