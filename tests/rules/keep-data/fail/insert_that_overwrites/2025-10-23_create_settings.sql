BEGIN;
CREATE TABLE company.setting (key text PRIMARY KEY, value text NOT NULL, changed_on date);
INSERT INTO company.setting VALUES ('currency', 'EUR', '2025-01-01'), ('locale', 'de', '2025-01-01');
COMMIT;
