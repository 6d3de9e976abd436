-- ctb:no-transaction: the unique index is built beside the traffic
DROP INDEX CONCURRENTLY IF EXISTS company.master_domain_key;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS master_domain_key ON company.master (domain);
INSERT INTO company.master (domain, name) VALUES ('acme.example', 'Acme') ON CONFLICT (domain) DO NOTHING;
UPDATE company.master SET size_label = '1-10' WHERE domain = 'acme.example' AND size_label IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS company.master_size_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS master_size_idx ON company.master (size_label);
