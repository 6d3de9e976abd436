CREATE TABLE company.a (id bigint PRIMARY KEY);
