ALTER TABLE company.master SET (fillfactor = 90);
ALTER TABLE company.master OWNER TO CURRENT_USER;
ALTER SEQUENCE company.numbers RESTART;
ALTER FUNCTION company.touch() SECURITY DEFINER;
ALTER VIEW company.names RENAME COLUMN name TO title;
