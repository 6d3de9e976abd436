BEGIN;
ALTER TABLE marketing.visits DETACH PARTITION marketing.visits_2025;
COMMIT;
-- Rollback:
-- ALTER TABLE marketing.visits ATTACH PARTITION marketing.visits_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
