-- replay: 42883
CREATE TABLE company.a (id bigint);
CREATE TRIGGER t BEFORE INSERT ON company.a FOR EACH ROW EXECUTE FUNCTION company.b(); -- expect: migration-order
