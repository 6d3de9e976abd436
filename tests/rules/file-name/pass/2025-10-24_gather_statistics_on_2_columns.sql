CREATE STATISTICS company.domain_size ON domain, size_label FROM company.master;
