BEGIN;

UPDATE company.slot SET payload = payload || '{"seen": true}' WHERE jsonb_typeof(payload) = 'object';

COMMIT;
