-- Depends on: 2025-10-23_create_a.sql, 2025-10-23_create_gone.sql -- expect: migration-order
CREATE TABLE company.b (id bigint);
