CREATE ROLE ctb_case_app;
CREATE ROLE "Readers";
GRANT "Readers" TO ctb_case_app WITH ADMIN OPTION;
