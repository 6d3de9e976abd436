BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE company.master ADD COLUMN tier text;
COMMIT AND CHAIN; -- expect: atomic
ALTER TABLE company.slot ADD COLUMN tier text;
COMMIT;
