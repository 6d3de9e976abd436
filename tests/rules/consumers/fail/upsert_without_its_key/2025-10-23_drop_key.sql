BEGIN;
ALTER TABLE company.slot DROP CONSTRAINT slot_pkey; -- expect: consumers
COMMIT;
