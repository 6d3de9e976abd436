-- ctb:allow if-not-exists: the tables are made once
BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE TABLE company.tag_of (id bigint);
COMMIT;
