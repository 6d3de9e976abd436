CREATE TABLE company.visit (year int, note text) PARTITION BY LIST (year);
