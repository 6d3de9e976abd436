BEGIN;

UPDATE company.log SET note = note || '!'; -- expect: idempotent

COMMIT;
