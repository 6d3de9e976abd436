BEGIN;
CREATE INDEX IF NOT EXISTS "Item group" ON "Shop Floor"."Order.Item" ("Group");
COMMIT;
