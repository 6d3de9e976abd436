BEGIN;
CREATE SCHEMA IF NOT EXISTS archive;
ALTER TABLE shop.item SET SCHEMA archive; -- expect: data-contract
COMMIT;
