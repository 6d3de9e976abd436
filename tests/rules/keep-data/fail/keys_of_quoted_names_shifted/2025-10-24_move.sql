BEGIN;
UPDATE company."Seat" SET "Row No" = 7, "Seat No" = "Seat No" + 10; -- expect: keep-data
COMMIT;
