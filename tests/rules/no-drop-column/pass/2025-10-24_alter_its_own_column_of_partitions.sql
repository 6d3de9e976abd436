BEGIN;
ALTER TABLE marketing.campaigns ADD COLUMN scratch text;
ALTER TABLE marketing.campaigns DROP COLUMN scratch;
COMMIT;
