BEGIN;
CREATE TYPE company."Order" AS (price numeric, "Old Price" numeric);
CREATE TABLE IF NOT EXISTS company.house (id bigint, paid company."Order");
COMMIT;
