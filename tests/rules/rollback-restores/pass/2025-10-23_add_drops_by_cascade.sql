BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint PRIMARY KEY);
CREATE OR REPLACE VIEW company.tags AS SELECT id FROM company.tag;
COMMIT;
-- Rollback:
-- DROP TABLE IF EXISTS company.tag CASCADE;
