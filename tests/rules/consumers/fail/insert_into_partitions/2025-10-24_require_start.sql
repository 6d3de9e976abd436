BEGIN;
ALTER TABLE marketing.campaigns ALTER COLUMN starts_on SET NOT NULL; -- expect: consumers
COMMIT;
