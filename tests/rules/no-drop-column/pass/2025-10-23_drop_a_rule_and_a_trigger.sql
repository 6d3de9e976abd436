DROP TRIGGER IF EXISTS touched ON company.master;
DROP RULE IF EXISTS silent ON company.log;
DROP POLICY IF EXISTS readable ON company.log;
