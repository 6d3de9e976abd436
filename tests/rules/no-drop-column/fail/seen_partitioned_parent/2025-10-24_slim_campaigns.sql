-- one command, and one finding: the partitions follow their parent
BEGIN;
ALTER TABLE marketing.campaigns
    ALTER COLUMN name SET DEFAULT 'unnamed',
    DROP COLUMN starts_on; -- expect: no-drop-column
DO $$ -- expect: no-drop-column
BEGIN
    EXECUTE convert_from(decode('QUxURVIgVEFCTEUgbWFya2V0aW5nLmNhbXBhaWducyBEUk9QIG5hbWU=', 'base64'), 'UTF8');
END $$;
COMMIT;
