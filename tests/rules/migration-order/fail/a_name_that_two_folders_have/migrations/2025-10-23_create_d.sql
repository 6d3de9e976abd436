-- Depends on: 2025-10-23_create_c.sql -- expect: migration-order
SELECT 3;
