-- replay: 42P01
ALTER TABLE company.a ADD COLUMN name text;
