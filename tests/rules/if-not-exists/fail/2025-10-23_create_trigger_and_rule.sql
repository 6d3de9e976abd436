CREATE TRIGGER touched BEFORE UPDATE ON company.master FOR EACH ROW EXECUTE FUNCTION company.touch(); -- expect: if-not-exists
CREATE RULE silent AS ON DELETE TO company.log DO INSTEAD NOTHING; -- expect: if-not-exists
