DO $$ BEGIN
  EXECUTE 'CREATE TRIGGER touched BEFORE UPDATE ON company.log FOR EACH ROW EXECUTE FUNCTION company.touch()';
END $$;
-- Rollback: -- expect: rollback-restores
-- DROP TRIGGER IF EXISTS touched ON company.master;
