BEGIN;
CREATE OR REPLACE VIEW company.names AS SELECT id, name, domain FROM company.master;
COMMIT;
-- Rollback:
-- DROP VIEW company.names;
-- CREATE VIEW company.names AS SELECT id, name FROM company.master;
