BEGIN;
ALTER TABLE marketing.visits ATTACH PARTITION marketing.visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE marketing.visits DETACH PARTITION marketing.visits_2026;
