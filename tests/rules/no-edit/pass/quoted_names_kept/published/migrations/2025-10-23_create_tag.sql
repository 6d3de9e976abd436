BEGIN;
CREATE TABLE IF NOT EXISTS company."Tag é" (id bigint);
COMMIT;
