BEGIN;
CREATE TEMPORARY TABLE IF NOT EXISTS applied (step text PRIMARY KEY) ON COMMIT DROP;
INSERT INTO company.log (id, note) -- expect: idempotent
SELECT 3, 'sizes checked'
WHERE NOT EXISTS (SELECT FROM applied WHERE step = 'sizes');
INSERT INTO applied VALUES ('sizes') ON CONFLICT DO NOTHING;
COMMIT;
