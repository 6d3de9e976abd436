CREATE TABLE company.a (id bigint);
