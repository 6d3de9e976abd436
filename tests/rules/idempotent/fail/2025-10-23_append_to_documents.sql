BEGIN;

UPDATE company.slot SET payload = payload || '["seen"]' WHERE jsonb_typeof(payload) = 'array'; -- expect: idempotent

COMMIT;
