BEGIN;
ALTER TABLE marketing.visits DISABLE TRIGGER touched;
COMMIT;
-- Rollback:
-- ALTER TABLE marketing.visits ENABLE TRIGGER touched;
-- ALTER TABLE marketing.visits_2025 DISABLE TRIGGER touched;
