BEGIN;

CREATE SCHEMA "Sales";
CREATE TABLE "Sales"."Order Line" ("Order No" int, "Größe" text, "select" numeric(8, 2), PRIMARY KEY ("Order No"));

COMMIT;
