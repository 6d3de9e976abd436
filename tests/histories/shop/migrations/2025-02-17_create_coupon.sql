-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-B811E0EA
-- Last Updated: 2025-02-17
-- Enforcement: ORBT

-- Description: Create coupon

BEGIN;

CREATE TABLE IF NOT EXISTS shop.coupon (
    code text PRIMARY KEY CHECK (code = upper(code)),
    percent integer NOT NULL CHECK (percent BETWEEN 1 AND 100),
    valid daterange NOT NULL,
    EXCLUDE USING gist (valid WITH &&) WHERE (percent = 100)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.coupon;
-- COMMIT;
