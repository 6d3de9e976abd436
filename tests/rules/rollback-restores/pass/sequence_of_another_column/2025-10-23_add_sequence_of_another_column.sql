BEGIN;
ALTER SEQUENCE company.next OWNED BY company.slot.id;
COMMIT;
-- Rollback:
-- ALTER SEQUENCE company.next OWNED BY company.log.id;
