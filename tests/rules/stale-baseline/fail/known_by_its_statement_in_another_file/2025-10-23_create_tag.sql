BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
