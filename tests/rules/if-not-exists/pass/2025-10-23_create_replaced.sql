CREATE OR REPLACE VIEW company.names AS SELECT id, name FROM company.master;
CREATE OR REPLACE FUNCTION company.one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE PROCEDURE company.two() LANGUAGE sql AS 'SELECT 2';
CREATE OR REPLACE TRIGGER touched BEFORE UPDATE ON company.master FOR EACH ROW EXECUTE FUNCTION company.touch();
CREATE OR REPLACE AGGREGATE company.total(integer) (sfunc = int4pl, stype = integer);
CREATE OR REPLACE RULE silent AS ON DELETE TO company.log DO INSTEAD NOTHING;
