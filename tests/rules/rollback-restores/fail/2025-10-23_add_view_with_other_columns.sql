BEGIN;
DROP VIEW IF EXISTS company.names;
CREATE VIEW company.names AS SELECT id, name, domain FROM company.master;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP VIEW IF EXISTS company.names;
-- CREATE VIEW company.names AS SELECT id FROM company.master;
