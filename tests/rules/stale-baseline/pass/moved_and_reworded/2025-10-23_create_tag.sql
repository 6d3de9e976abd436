BEGIN;


-- A tag.
CREATE TABLE company.tag (id bigint);
COMMIT;
