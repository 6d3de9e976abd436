-- Depends on: 2025-10-23_create_c.sql, 2025-10-23_create_a.sql
CREATE TABLE company.b (a bigint REFERENCES company.a (id));
