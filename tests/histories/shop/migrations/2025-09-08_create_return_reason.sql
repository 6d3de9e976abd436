-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-1A5E4509
-- Last Updated: 2025-09-08
-- Enforcement: ORBT

-- Description: Create return reason

BEGIN;

CREATE TABLE IF NOT EXISTS shop.return_reason (reason text PRIMARY KEY, label text NOT NULL);
INSERT INTO shop.return_reason (reason, label)
VALUES ('damaged', 'Beschädigt'), ('wrong', 'Falscher Artikel'), ('other', 'Anderer Grund')
ON CONFLICT (reason) DO UPDATE SET label = excluded.label;
ALTER TABLE shop.refund ADD COLUMN IF NOT EXISTS reason_code text REFERENCES shop.return_reason (reason);
UPDATE shop.refund SET reason_code = 'other' WHERE reason_code IS NULL;

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE shop.refund DROP COLUMN IF EXISTS reason_code;
-- DROP TABLE IF EXISTS shop.return_reason;
-- COMMIT;
