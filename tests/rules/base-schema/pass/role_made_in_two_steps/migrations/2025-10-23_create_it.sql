CREATE ROLE ctb_case_app;
ALTER ROLE ctb_case_app LOGIN;
ALTER ROLE ctb_case_app CONNECTION LIMIT 9;
