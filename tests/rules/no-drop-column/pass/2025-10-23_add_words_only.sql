-- ALTER TABLE company.master DROP COLUMN fax;
/* ALTER TABLE company.master DROP COLUMN fax; */
INSERT INTO company.log (note) VALUES ('ALTER TABLE company.master DROP COLUMN fax;'), ($$ALTER TABLE company.master DROP fax;$$);
