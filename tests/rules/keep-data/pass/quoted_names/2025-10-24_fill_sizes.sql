BEGIN;

UPDATE "Sales"."Order Line" AS "L" SET "Größe" = 'M' WHERE "L"."Größe" IS NULL AND "select" > 99.5;
INSERT INTO "Sales"."Order Line" ("Order No") SELECT "Order No" + 1000000 FROM "Sales"."Order Line" WHERE "Größe" = 'XL';

COMMIT;
