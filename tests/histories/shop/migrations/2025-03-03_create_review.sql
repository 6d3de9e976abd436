-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-C27AB64E
-- Last Updated: 2025-03-03
-- Enforcement: ORBT

-- Description: Create review

BEGIN;

CREATE TABLE IF NOT EXISTS shop.review (
    review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES shop.product (product_id) ON DELETE CASCADE,
    customer_id bigint REFERENCES shop.customer (customer_id) ON DELETE SET NULL,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body text,
    written_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT review_once_key UNIQUE (product_id, customer_id)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.review;
-- COMMIT;
