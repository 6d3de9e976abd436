BEGIN;

CREATE TABLE IF NOT EXISTS app.plan (
    plan text PRIMARY KEY,
    price_cents integer NOT NULL CHECK (price_cents >= 0),
    max_seats integer
);
INSERT INTO app.plan (plan, price_cents, max_seats)
VALUES ('free', 0, 3), ('team', 900, 50), ('business', 1900, NULL)
ON CONFLICT (plan) DO NOTHING;
GRANT SELECT ON app.plan TO app_user, app_reader;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.plan;
-- COMMIT;
