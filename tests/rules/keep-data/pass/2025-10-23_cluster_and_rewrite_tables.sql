BEGIN;
ALTER TABLE company.log SET UNLOGGED;
ALTER TABLE company.log SET LOGGED;
CLUSTER company.slot USING slot_pkey;
ALTER TABLE company.master ADD COLUMN token uuid DEFAULT gen_random_uuid();
ALTER TABLE company.master ALTER COLUMN domain SET STORAGE EXTERNAL;
COMMIT;
