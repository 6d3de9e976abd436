BEGIN;
CREATE TABLE company."Seat" ("Row No" int, "Seat No" int, PRIMARY KEY ("Row No", "Seat No"));
INSERT INTO company."Seat" VALUES (1, 1), (1, 2);
COMMIT;
