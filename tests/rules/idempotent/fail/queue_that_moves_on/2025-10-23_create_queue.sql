BEGIN;
CREATE TABLE IF NOT EXISTS company.queue (place integer PRIMARY KEY, tries integer NOT NULL DEFAULT 0);
INSERT INTO company.queue (place) SELECT generate_series(1, 9) ON CONFLICT (place) DO NOTHING;
COMMIT;
