-- Depends on: 2025-10-23_create_nothing.sql -- expect: migration-order
CREATE TABLE IF NOT EXISTS company.a (id bigint);
