CREATE ROLE ctb_case_app;
CREATE ROLE "Readers";
GRANT "Readers" TO ctb_case_app WITH ADMIN OPTION;
REVOKE ADMIN OPTION FOR "Readers" FROM ctb_case_app;
