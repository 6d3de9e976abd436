BEGIN;
CREATE TABLE IF NOT EXISTS company.setting (key text PRIMARY KEY, of_id bigint);
INSERT INTO company.setting (key, of_id) -- expect: replay error
SELECT 'theme', id
FROM company.master;
COMMIT;
