ALTER TABLE company.log ALTER COLUMN note TYPE varchar(200);
