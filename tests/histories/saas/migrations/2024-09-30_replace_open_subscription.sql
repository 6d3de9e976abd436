-- A column more, at the end, as CREATE OR REPLACE VIEW wants it.

BEGIN;

CREATE OR REPLACE VIEW app.open_subscription AS
SELECT s.tenant_id, t.name AS tenant, s.plan, s.seats, p.price_cents * s.seats AS monthly_cents, t.region
FROM app.subscription s
JOIN app.tenant t USING (tenant_id)
JOIN app.plan p ON p.plan = s.plan
WHERE s.ended_on IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS app.open_subscription;
-- CREATE VIEW app.open_subscription AS
-- SELECT s.tenant_id, t.name AS tenant, s.plan, s.seats, p.price_cents * s.seats AS monthly_cents
-- FROM app.subscription s
-- JOIN app.tenant t USING (tenant_id)
-- JOIN app.plan p ON p.plan = s.plan
-- WHERE s.ended_on IS NULL;
-- GRANT SELECT ON app.open_subscription TO app_reader;
-- COMMIT;
