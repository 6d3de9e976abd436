CREATE SCHEMA s;
CREATE TABLE s.a (
  id int,
  a varchar(80), -- expect
  b char(3), -- expect
  c money, -- expect
  d char, -- expect
  e varchar,
  f text,
  g numeric(10, 2),
  h bit(3)
);
ALTER TABLE s.a ADD COLUMN i character varying(3); -- expect
