BEGIN;
CREATE SEQUENCE IF NOT EXISTS company.tickets;
ALTER TABLE company.log ALTER COLUMN id SET DEFAULT nextval('company.tickets');
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER TABLE company.log ALTER COLUMN id DROP DEFAULT;
