BEGIN;
CREATE UNIQUE INDEX slot_id_key ON company.slot (id);
ALTER TABLE company.slot DROP CONSTRAINT slot_pkey;
COMMIT;
