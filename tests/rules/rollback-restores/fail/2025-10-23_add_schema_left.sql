BEGIN;
CREATE SCHEMA IF NOT EXISTS bit;
CREATE TABLE IF NOT EXISTS bit.score (id bigint);
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP TABLE IF EXISTS bit.score;
