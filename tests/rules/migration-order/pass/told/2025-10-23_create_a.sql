-- Depends on: 2025-10-23_create_b.sql
CREATE TABLE IF NOT EXISTS company.a (id bigint);
