ANALYZE company.master;
