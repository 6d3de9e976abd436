DROP TABLE IF EXISTS company.log;
CREATE TABLE company.log (id bigint);
DROP TRIGGER IF EXISTS touched ON company.master;
CREATE TRIGGER touched BEFORE UPDATE ON company.master FOR EACH ROW EXECUTE FUNCTION company.touch();
DROP INDEX IF EXISTS company.master_name_idx;
CREATE INDEX master_name_idx ON company.master (name);
DROP VIEW IF EXISTS company.names;
CREATE VIEW company.names AS SELECT name FROM company.master;
