BEGIN;
ALTER TABLE marketing.visits ATTACH PARTITION marketing.visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMIT;
-- Rollback:
-- ALTER TABLE marketing.visits DETACH PARTITION marketing.visits_2026;
-- ALTER TABLE marketing.visits_2026 DROP CONSTRAINT visits_2026_pkey, DROP CONSTRAINT visits_page;
