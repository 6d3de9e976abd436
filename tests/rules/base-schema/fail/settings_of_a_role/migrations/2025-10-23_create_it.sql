CREATE ROLE ctb_case_app;
ALTER ROLE ctb_case_app SET statement_timeout = '5s';
ALTER ROLE ctb_case_app SET search_path = company, public;
