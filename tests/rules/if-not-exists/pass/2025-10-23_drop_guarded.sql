DROP INDEX IF EXISTS company.master_name_idx;
DROP VIEW IF EXISTS company.names, company.other;
DROP TRIGGER IF EXISTS nothing ON company.master;
DROP FUNCTION IF EXISTS company.nothing(integer);
DROP TYPE IF EXISTS company.nothing CASCADE;
DROP POLICY IF EXISTS nothing ON company.master;
DROP ROLE IF EXISTS ctb_case_nobody;
