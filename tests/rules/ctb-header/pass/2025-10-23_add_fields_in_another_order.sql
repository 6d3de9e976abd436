-- Enforcement: ORBT
-- Unique ID: CTB-0a1b2c3d
-- Last Updated: 2025-10-23
-- Barton ID: 05.01.03
-- CTB Branch: data/migrations/outreach-process-manager

-- Description: lower case digits are hexadecimal too
BEGIN;
SELECT 1;
COMMIT;
