CREATE ROLE ctb_case_reader;
GRANT SELECT ON company.log TO ctb_case_reader;
