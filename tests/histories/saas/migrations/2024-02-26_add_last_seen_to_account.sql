BEGIN;

ALTER TABLE app.account
    ADD COLUMN IF NOT EXISTS last_seen_at timestamptz,
    ADD COLUMN IF NOT EXISTS locale text NOT NULL DEFAULT 'en';
COMMENT ON COLUMN app.account.locale IS 'A language tag, as in BCP 47';

COMMIT;

-- Rollback:
-- BEGIN;
-- ALTER TABLE app.account DROP COLUMN IF EXISTS last_seen_at, DROP COLUMN IF EXISTS locale;
-- COMMIT;
