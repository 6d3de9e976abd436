BEGIN;
CREATE SCHEMA IF NOT EXISTS "Old Things";
CREATE TABLE IF NOT EXISTS "Old Things"."Order Lines" (id bigint);
COMMIT;
