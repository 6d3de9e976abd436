ALTER TYPE company.stage ADD VALUE IF NOT EXISTS 'lost';
-- Rollback: -- expect: rollback-restores
-- SELECT 'a value cannot be dropped';
