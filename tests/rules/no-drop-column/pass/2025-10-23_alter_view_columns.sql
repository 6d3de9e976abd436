ALTER VIEW company.names RENAME COLUMN name TO title;
DROP VIEW company.names;
CREATE VIEW company.names AS SELECT id FROM company.master;
