-- Depends on: y/2025-10-23_create_a.sql
CREATE TABLE IF NOT EXISTS company.a (b bigint REFERENCES company.b (id));
