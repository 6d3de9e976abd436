CREATE ROLE ctb_case_app;
ALTER ROLE ctb_case_app SET search_path = company, public;
ALTER ROLE ctb_case_app SET work_mem = '8MB';
ALTER ROLE ctb_case_app RESET work_mem;
