BEGIN;
ALTER TABLE company.slot DROP CONSTRAINT slot_currency_fkey;
DROP TABLE kinds.rate;
DROP SCHEMA kinds CASCADE; -- expect: no-drop-column
COMMIT;
