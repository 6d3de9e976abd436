BEGIN;
CREATE ROLE ctb_case_tenants;
GRANT ctb_case_tenants TO CURRENT_USER;
CREATE SCHEMA tenants AUTHORIZATION ctb_case_tenants;
SET LOCAL ROLE ctb_case_tenants;
CREATE TABLE tenants.tenant (id uuid PRIMARY KEY, slug text NOT NULL);
CREATE TABLE tenants.note (id bigint PRIMARY KEY, tenant_id uuid, body text);
COMMIT;
