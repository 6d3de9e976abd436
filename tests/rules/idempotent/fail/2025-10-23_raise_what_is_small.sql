BEGIN;

UPDATE company.master SET legacy_id = legacy_id * 2 WHERE legacy_id < 1000; -- expect: idempotent

COMMIT;
