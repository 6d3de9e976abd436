BEGIN;
ALTER TABLE "Shop Floor"."Order.Item" ALTER COLUMN "Größe" TYPE integer; -- expect: data-contract
COMMIT;
