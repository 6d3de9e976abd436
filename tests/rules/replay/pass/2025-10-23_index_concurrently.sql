CREATE INDEX CONCURRENTLY IF NOT EXISTS c_idx ON company.master (domain);
VACUUM company.master;
