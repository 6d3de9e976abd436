BEGIN;

UPDATE company.master SET legacy_id = legacy_id + 1; -- expect: idempotent

COMMIT;
