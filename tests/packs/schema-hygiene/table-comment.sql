CREATE SCHEMA s;
CREATE TABLE s.a (id int); -- expect
CREATE TABLE s.b (id int); COMMENT ON TABLE s.b IS 'a row is a b';
CREATE TABLE s.c (id int); -- expect
COMMENT ON COLUMN s.c.id IS 'the number';
CREATE TABLE s.d (id int); -- expect
COMMENT ON TABLE s.d IS ' ';
CREATE TABLE s.e (id int) PARTITION BY RANGE (id);
COMMENT ON TABLE s.e IS 'a row is an e';
CREATE TABLE s.e1 PARTITION OF s.e DEFAULT;
CREATE VIEW s.f AS SELECT 1 AS id;
