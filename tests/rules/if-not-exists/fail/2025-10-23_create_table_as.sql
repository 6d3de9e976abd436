CREATE TABLE company.copied AS SELECT id FROM company.master; -- expect: if-not-exists
CREATE STATISTICS company.stat ON domain, name FROM company.master; -- expect: if-not-exists
