-- what is there is what is asked for, and others stand on it
BEGIN;
CREATE TABLE IF NOT EXISTS company.account (id bigint PRIMARY KEY, name text);
ALTER TABLE company.account ADD COLUMN IF NOT EXISTS name text;
COMMIT;
