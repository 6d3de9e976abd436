BEGIN;
CREATE TABLE IF NOT EXISTS company."order" (id bigint);
COMMIT;
