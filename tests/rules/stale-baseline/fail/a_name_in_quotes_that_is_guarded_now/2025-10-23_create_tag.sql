BEGIN;
CREATE TABLE IF NOT EXISTS company."Größe, Farbe" (id bigint);
COMMIT;
