BEGIN;
CREATE TABLE IF NOT EXISTS company.note (id bigint);
COMMIT;
