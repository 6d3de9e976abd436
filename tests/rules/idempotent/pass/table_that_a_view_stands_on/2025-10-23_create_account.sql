BEGIN;
CREATE TABLE IF NOT EXISTS company.account (id bigint PRIMARY KEY, name text);
CREATE OR REPLACE VIEW company.account_names AS SELECT name FROM company.account;
CREATE TABLE IF NOT EXISTS company.booking (account bigint REFERENCES company.account (id));
COMMIT;
-- Rollback: none, because it is the first
