BEGIN;
CREATE ROLE ctb_app;
CREATE STATISTICS company.of_log ON id, note FROM company.log;
COMMIT;
