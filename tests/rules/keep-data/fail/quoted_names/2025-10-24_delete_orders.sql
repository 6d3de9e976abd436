BEGIN;

DELETE FROM "Sales"."Order Line" AS "L" WHERE "L"."Größe" = 'XL' AND "select" > 99.5; -- expect: keep-data
UPDATE "Sales"."Order Line" SET "Größe" = upper("Größe"); -- expect: keep-data

COMMIT;
