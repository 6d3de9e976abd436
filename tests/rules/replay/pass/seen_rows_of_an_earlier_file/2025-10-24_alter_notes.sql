-- these tables hold rows of their own, and they fit
BEGIN;
ALTER TABLE company.log ALTER COLUMN id TYPE integer, ALTER COLUMN note TYPE varchar(10), ALTER COLUMN note SET NOT NULL;
ALTER TABLE company.log ADD PRIMARY KEY (id);
ALTER TABLE company.master ALTER COLUMN size_label TYPE integer USING size_label::integer;
ALTER TABLE company.master ADD CONSTRAINT master_name_key UNIQUE (name);
COMMIT;
