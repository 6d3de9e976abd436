-- ctb:no-transaction: the table is in use all day
DROP INDEX CONCURRENTLY IF EXISTS company.master_domain_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_domain_idx ON company.master (domain);
DROP INDEX CONCURRENTLY IF EXISTS company.master_fax_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_fax_idx ON company.master (fax);
DROP INDEX CONCURRENTLY IF EXISTS company.master_legacy_id_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_legacy_id_idx ON company.master (legacy_id);
DROP INDEX CONCURRENTLY IF EXISTS company.master_size_label_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_size_label_idx ON company.master (size_label);
