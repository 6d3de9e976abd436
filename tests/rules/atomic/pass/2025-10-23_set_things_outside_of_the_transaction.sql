SET lock_timeout = '2s';
SELECT set_config('statement_timeout', '1s', false), pg_catalog.version();
SHOW search_path;
BEGIN;
ALTER TABLE company.master ADD COLUMN tier text;
ALTER TABLE company.slot ADD COLUMN tier text;
COMMIT;
RESET lock_timeout;
SELECT count(*) FROM company.master WHERE tier IS NOT NULL;
