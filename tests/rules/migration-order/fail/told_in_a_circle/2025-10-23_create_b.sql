-- Depends on: 2025-10-23_create_a.sql -- expect: migration-order
SELECT 2;
