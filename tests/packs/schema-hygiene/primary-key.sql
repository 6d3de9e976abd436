CREATE SCHEMA s;
CREATE TABLE s.a (id bigint); -- expect
CREATE TABLE s.b (id bigint UNIQUE NOT NULL); -- expect
CREATE TABLE s.c (id bigint PRIMARY KEY);
CREATE TABLE s.d (x int, y int);
ALTER TABLE s.d ADD PRIMARY KEY (x, y);
CREATE TABLE s.e (id bigint, day date) PARTITION BY RANGE (day); -- expect
CREATE TABLE s.e1 PARTITION OF s.e FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE s.f AS SELECT 1 AS id; -- expect
CREATE VIEW s.g AS SELECT 1 AS id;
CREATE TEMPORARY TABLE h (id bigint);
DO $$ BEGIN -- expect
  EXECUTE 'CREATE TABLE s.' || substr('xi', 2) || ' (id bigint)';
END $$;
