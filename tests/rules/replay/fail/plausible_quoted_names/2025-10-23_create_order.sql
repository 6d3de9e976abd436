BEGIN;
CREATE TABLE IF NOT EXISTS company."Order" ("Id" integer PRIMARY KEY, "Kunden Nr" bigint, "Bemerkung" text);
COMMIT;
