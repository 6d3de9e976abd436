BEGIN;
CLUSTER company.slot USING slot_pkey;
COMMIT;
