BEGIN;
CALL company.trim_log();
COMMIT;
