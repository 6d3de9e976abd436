-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-F0A502BA
-- Last Updated: 2025-03-24
-- Enforcement: ORBT

-- Description: Create customer mail

BEGIN;

CREATE OR REPLACE VIEW shop.customer_mail AS
SELECT c.customer_id, c.email, coalesce(c.first_name || ' ' || c.last_name, c.first_name, c.email) AS addressee
FROM shop.customer c;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP VIEW IF EXISTS shop.customer_mail;
-- COMMIT;
