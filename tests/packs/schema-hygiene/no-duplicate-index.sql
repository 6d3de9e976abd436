CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, x int, y text);
CREATE INDEX a1 ON s.a (x);
CREATE INDEX a2 ON s.a (x); -- expect
CREATE INDEX a3 ON s.a (id); -- expect
CREATE INDEX a4 ON s.a (x DESC);
CREATE INDEX a5 ON s.a (x, id);
CREATE INDEX a6 ON s.a (x) WHERE id > 0;
CREATE INDEX a7 ON s.a (x) WHERE id > 0; -- expect
CREATE INDEX a8 ON s.a (lower(y));
CREATE INDEX a9 ON s.a (upper(y));
CREATE INDEX a10 ON s.a USING hash (x);
