CREATE TEMP TABLE batch (id bigint, raw text);
ALTER TABLE batch DROP COLUMN raw;
ALTER TABLE pg_temp.batch ADD COLUMN other text;
ALTER TABLE pg_temp.batch DROP COLUMN other;
