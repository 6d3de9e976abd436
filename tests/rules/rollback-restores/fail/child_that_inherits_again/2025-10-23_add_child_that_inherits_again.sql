BEGIN;
CREATE TABLE IF NOT EXISTS people.tag (id bigint);
ALTER TABLE marketing.regional NO INHERIT marketing.offer;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE marketing.regional INHERIT marketing.offer;
-- DROP TABLE people.tag;
