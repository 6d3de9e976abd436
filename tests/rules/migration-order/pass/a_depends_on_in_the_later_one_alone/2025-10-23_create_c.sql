CREATE TABLE company.c (id bigint);
