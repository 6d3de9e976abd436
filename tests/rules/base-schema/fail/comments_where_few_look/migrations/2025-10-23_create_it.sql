CREATE STATISTICS company.of_log ON id, note FROM company.log;
CREATE ROLE ctb_case_app;
COMMENT ON STATISTICS company.of_log IS 'both';
