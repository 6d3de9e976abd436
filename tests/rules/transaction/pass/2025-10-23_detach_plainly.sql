BEGIN;
ALTER TABLE marketing.campaigns ADD COLUMN IF NOT EXISTS budget numeric;
ALTER TYPE company.stage ADD VALUE IF NOT EXISTS 'lost';
ANALYZE;
COMMIT;
