ALTER TABLE company.log ADD COLUMN n int4, ADD COLUMN at timestamp with time zone, ADD COLUMN code varchar(3) CHECK (code IN ('a', 'b'));
CREATE INDEX log_idx ON company.log (note);
