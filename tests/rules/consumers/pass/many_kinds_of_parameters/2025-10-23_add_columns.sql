BEGIN;
ALTER TABLE company.master ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
ALTER TABLE people.master ADD COLUMN "Born On" date;
COMMIT;
