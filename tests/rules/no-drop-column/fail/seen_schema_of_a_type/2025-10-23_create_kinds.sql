BEGIN;
CREATE SCHEMA kinds;
CREATE TYPE kinds.money AS (amount numeric, currency text);
CREATE TABLE kinds.rate (currency text PRIMARY KEY, rate numeric);
ALTER TABLE company.slot ADD COLUMN price kinds.money;
ALTER TABLE company.slot ADD COLUMN currency text REFERENCES kinds.rate (currency);
COMMIT;
