SELECT id FROM company.master;
COPY company.log TO stdout;
SHOW server_version;
EXPLAIN SELECT 1;
