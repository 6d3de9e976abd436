ALTER TABLE company.master ADD COLUMN rank int;
