BEGIN;
CALL company.trim_log(false);
COMMIT;
