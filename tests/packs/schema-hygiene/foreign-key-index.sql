CREATE SCHEMA s;
CREATE TABLE s.t (id bigint PRIMARY KEY, x int, y int, UNIQUE (x, y));
CREATE TABLE s.a (
  id bigint PRIMARY KEY,
  t bigint REFERENCES s.t -- expect
);
CREATE TABLE s.b (t bigint PRIMARY KEY REFERENCES s.t);
CREATE TABLE s.c (x int, y int, CONSTRAINT c_t FOREIGN KEY (x, y) REFERENCES s.t (x, y)); -- expect
CREATE INDEX ON s.c (x);
CREATE TABLE s.d (x int, y int, z int, FOREIGN KEY (x, y) REFERENCES s.t (x, y));
CREATE INDEX ON s.d (y, x, z);
CREATE TABLE s.e (t bigint);
CREATE INDEX ON s.e (t) WHERE t > 0;
ALTER TABLE s.e ADD CONSTRAINT e_t FOREIGN KEY (t) REFERENCES s.t; -- expect
CREATE TABLE s.f (z int, t bigint REFERENCES s.t); -- expect
CREATE INDEX ON s.f (z, t);
CREATE TABLE s.g (t bigint REFERENCES s.t);
CREATE INDEX ON s.g USING hash (t);
