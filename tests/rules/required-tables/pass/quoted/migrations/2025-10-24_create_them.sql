BEGIN;
CREATE TABLE IF NOT EXISTS company."History" (id bigint);
COMMIT;
