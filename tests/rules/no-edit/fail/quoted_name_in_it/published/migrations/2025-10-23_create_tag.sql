BEGIN;
CREATE TABLE IF NOT EXISTS company."Tag" (id bigint);
COMMIT;
