-- CTB allows no table without a guard, and CTB: all of it
-- ctb is our guide; the allow-list stands elsewhere
BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
