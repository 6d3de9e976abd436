BEGIN;
CREATE TABLE IF NOT EXISTS marketing.audience (
    name text PRIMARY KEY,
    tags text[] NOT NULL DEFAULT '{}',
    checked_at timestamptz
);
INSERT INTO marketing.audience AS known (name, tags) -- expect: idempotent
VALUES ('founders', '{b2b,eu}')
ON CONFLICT (name) DO UPDATE SET tags = known.tags || EXCLUDED.tags;
INSERT INTO marketing.audience (name, tags)
VALUES ('students', '{b2c}')
ON CONFLICT (name) DO UPDATE SET tags = EXCLUDED.tags;
UPDATE marketing.audience SET checked_at = clock_timestamp(); -- expect: idempotent
COMMIT;
