DROP TRIGGER touched ON company.log; -- expect: if-not-exists
DROP POLICY readable ON company.log; -- expect: if-not-exists
DROP SEQUENCE company.numbers; -- expect: if-not-exists
DROP DOMAIN company.code; -- expect: if-not-exists
DROP SCHEMA nowhere; -- expect: if-not-exists
DROP USER ctb_case_nobody; -- expect: if-not-exists
DROP OPERATOR CLASS company.ops USING btree; -- expect: if-not-exists
DROP EXTENSION hstore CASCADE; -- expect: if-not-exists
-- replay: 42704
