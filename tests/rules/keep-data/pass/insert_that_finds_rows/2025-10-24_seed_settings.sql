BEGIN;
INSERT INTO company.setting VALUES ('currency', 'USD'), ('timezone', 'UTC') ON CONFLICT DO NOTHING;
INSERT INTO company.setting AS s VALUES ('timezone', 'CET'), ('locale', 'en')
ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE s.value IS NULL;
MERGE INTO company.setting AS old
USING (VALUES ('currency', 'GBP'), ('country', 'FR')) AS new (key, value) ON old.key = new.key
WHEN MATCHED THEN DO NOTHING
WHEN NOT MATCHED THEN INSERT VALUES (new.key, new.value);
COMMIT;
