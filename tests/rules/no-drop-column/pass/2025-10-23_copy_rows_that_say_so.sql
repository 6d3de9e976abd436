COPY company.log (note) FROM stdin;
ALTER TABLE company.master DROP COLUMN fax;
\.
