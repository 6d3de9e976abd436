BEGIN;
ALTER TABLE company.slot DROP CONSTRAINT IF EXISTS slot_payload_chek;
ALTER TABLE company.slot -- expect: idempotent
    ADD CONSTRAINT slot_payload_check CHECK (jsonb_typeof(payload) = 'object');
COMMIT;
