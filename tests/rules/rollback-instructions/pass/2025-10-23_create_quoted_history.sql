-- Down: the names need their quotes
BEGIN;
CREATE TABLE IF NOT EXISTS company."History" (id bigint, "when" date) PARTITION BY RANGE ("when");
CREATE TABLE IF NOT EXISTS company."History 2025" PARTITION OF company."History"
    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMIT;

/* =====================
   Rollback instructions
   =====================
   BEGIN;

   DROP TABLE IF EXISTS company."History 2025"; /* the rows of a year */
   DROP TABLE IF EXISTS company."History";

   COMMIT; */
