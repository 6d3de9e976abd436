BEGIN;
CREATE TABLE IF NOT EXISTS company.label (id bigint);


-- The tags.
CREATE TABLE company.tag (id bigint);
COMMIT;
