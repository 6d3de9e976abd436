BEGIN;
CREATE SCHEMA IF NOT EXISTS "Shop Floor";
CREATE TABLE IF NOT EXISTS "Shop Floor"."Order.Item" ("Größe" smallint, "Group" text);
COMMIT;
