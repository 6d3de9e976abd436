BEGIN;
SET LOCAL lock_timeout = '2s';
SELECT set_config('search_path', '', true);
LOCK TABLE company.log IN SHARE MODE;
COMMIT;
