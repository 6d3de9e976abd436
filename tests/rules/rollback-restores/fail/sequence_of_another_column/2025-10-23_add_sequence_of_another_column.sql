BEGIN;
ALTER SEQUENCE company.next OWNED BY company.slot.id;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER SEQUENCE company.next OWNED BY NONE;
