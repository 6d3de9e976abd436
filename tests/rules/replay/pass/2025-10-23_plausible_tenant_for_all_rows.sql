-- a new column whose parent the file makes itself
BEGIN;
CREATE TABLE IF NOT EXISTS company.tenant (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO company.tenant (id, name) VALUES (1, 'first') ON CONFLICT DO NOTHING;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS tenant_id integer NOT NULL DEFAULT 1 REFERENCES company.tenant (id);
ALTER TABLE company.log ALTER COLUMN tenant_id DROP DEFAULT;
COMMIT;
