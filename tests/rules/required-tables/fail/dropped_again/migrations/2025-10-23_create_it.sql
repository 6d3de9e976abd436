DROP TABLE company.log;
