BEGIN;
INSERT INTO company.setting VALUES ('currency', 'EUR') ON CONFLICT (key) DO NOTHING;
UPDATE company.setting SET value = 'eu' WHERE key = 'region'; -- expect: idempotent
COMMIT;
