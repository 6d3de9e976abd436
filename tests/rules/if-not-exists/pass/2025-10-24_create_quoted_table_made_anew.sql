BEGIN;
DROP TABLE IF EXISTS company."Tag";
CREATE TABLE company."Tag" (id bigint);
CREATE INDEX "Tag by id" ON company."Tag" (id);
COMMIT;
