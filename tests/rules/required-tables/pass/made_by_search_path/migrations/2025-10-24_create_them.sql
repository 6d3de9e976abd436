BEGIN;
SET LOCAL search_path = people;
CREATE TABLE IF NOT EXISTS visit (id bigint);
COMMIT;
