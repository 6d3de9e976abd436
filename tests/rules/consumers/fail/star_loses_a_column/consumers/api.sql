SELECT * FROM company.log;
