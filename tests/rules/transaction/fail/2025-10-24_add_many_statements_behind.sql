BEGIN;
COMMIT;
CREATE TABLE IF NOT EXISTS company."Tag" (id bigint) PARTITION BY RANGE (id); -- expect: transaction:1
CREATE TABLE IF NOT EXISTS company."Tag 1" PARTITION OF company."Tag" DEFAULT;
ANALYZE company."Tag";
SELECT 1;
