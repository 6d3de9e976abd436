BEGIN;
CREATE TABLE IF NOT EXISTS company.history (id bigint);
COMMIT;
