-- CTB Branch: data/migrations
-- Barton ID: 05.01.01
-- Unique ID: CTB-ABD74556
-- Last Updated: 2025-01-06
-- Enforcement: ORBT

-- Description: Create customer

BEGIN;

CREATE TABLE IF NOT EXISTS shop.customer (
    customer_id bigint GENERATED ALWAYS AS IDENTITY,
    email text NOT NULL,
    name text NOT NULL,
    phone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customer_pkey PRIMARY KEY (customer_id),
    CONSTRAINT customer_email_key UNIQUE (email)
);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.customer;
-- COMMIT;
