-- Depends on: 2025-10-23_create_b.sql -- expect: migration-order
SELECT 1;
