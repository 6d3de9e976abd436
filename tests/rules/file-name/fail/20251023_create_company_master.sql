SELECT 'a name that is fine: 2025-10-23_create_company_master.sql'; -- expect: file-name
