CREATE TYPE company.size AS ENUM ('s', 'm');
CREATE DOMAIN company.email AS text;
CREATE POLICY readable ON company.log FOR SELECT USING (true);
CREATE ROLE ctb_case_reader;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON company.log DEFERRABLE FOR EACH ROW EXECUTE FUNCTION company.touch();
