BEGIN;
INSERT INTO company.setting (key, value) -- expect: keep-data
VALUES ('currency', 'USD'), ('timezone', 'UTC')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
INSERT INTO company.setting (key, value) VALUES ('locale', 'en') ON CONFLICT (key) DO NOTHING;
COMMIT;
