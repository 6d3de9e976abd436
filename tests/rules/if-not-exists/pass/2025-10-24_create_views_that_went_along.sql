BEGIN;
DROP TABLE IF EXISTS company.tag CASCADE;
CREATE TABLE company.tag (id bigint);
CREATE VIEW company.tags AS SELECT id FROM company.tag;
CREATE VIEW company.more_tags AS SELECT id FROM company.tags;
COMMIT;
