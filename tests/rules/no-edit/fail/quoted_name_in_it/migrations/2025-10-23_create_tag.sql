BEGIN;
CREATE TABLE IF NOT EXISTS company."TAG" (id bigint); -- expect: no-edit
COMMIT;
