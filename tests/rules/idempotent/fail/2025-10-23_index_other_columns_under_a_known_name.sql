BEGIN;
CREATE INDEX IF NOT EXISTS master_domain_idx ON company.master (domain);
CREATE INDEX IF NOT EXISTS master_name_idx -- expect: idempotent
    ON company.master (lower(name));
COMMIT;
