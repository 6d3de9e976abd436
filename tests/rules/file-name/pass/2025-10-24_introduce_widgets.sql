CREATE TABLE company.widget (id bigint);
