BEGIN;
SELECT 1;
COMMIT;
CREATE TABLE IF NOT EXISTS company.tag (id bigint); -- expect: transaction
CREATE TABLE IF NOT EXISTS company.label (id bigint);
SELECT 2;
COMMIT;
