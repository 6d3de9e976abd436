BEGIN;
ALTER TABLE marketing.visits DISABLE TRIGGER touched;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE marketing.visits ENABLE TRIGGER touched;
