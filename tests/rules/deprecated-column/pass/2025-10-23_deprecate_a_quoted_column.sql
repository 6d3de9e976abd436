BEGIN;
CREATE TABLE IF NOT EXISTS company."Order" ("Old Price" numeric NOT NULL DEFAULT 0);
COMMENT ON COLUMN company."Order"."Old Price" IS 'DEPRECATED 2025-10-23: use price';
COMMIT;
