BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
/*
 * ROLLBACK
 *
 *   BEGIN;
 *
 *   DROP TABLE IF EXISTS company.tag;
 *
 *   COMMIT;
 */
-- That was all.
