BEGIN;
CREATE TABLE company.setting (key text PRIMARY KEY, value text);
INSERT INTO company.setting VALUES ('currency', 'EUR'), ('locale', NULL);
COMMIT;
