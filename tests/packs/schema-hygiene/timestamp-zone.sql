CREATE SCHEMA s;
CREATE TABLE s.a (
  id int,
  at timestamp, -- expect
  by timestamp without time zone[], -- expect
  on_day date,
  ok timestamptz
);
ALTER TABLE s.a ADD COLUMN late timestamp(0); -- expect
ALTER TABLE s.a ADD COLUMN soon timestamp with time zone;
CREATE TABLE s.b (at timestamp);
ALTER TABLE s.b ALTER COLUMN at TYPE timestamptz;
CREATE VIEW s.c AS SELECT now()::timestamp AS at;
