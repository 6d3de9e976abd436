BEGIN;
CREATE TABLE company."Größe, Farbe" (id bigint);
COMMIT;
