BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS company.tagged (tag bigint REFERENCES company.tag (id));
COMMIT;
-- Rollback:
-- DROP TABLE company.tag; -- expect: rollback-restores
-- DROP TABLE company.tagged;
