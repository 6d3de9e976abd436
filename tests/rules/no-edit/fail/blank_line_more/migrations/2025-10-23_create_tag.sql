BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
-- expect: no-edit
COMMIT;
