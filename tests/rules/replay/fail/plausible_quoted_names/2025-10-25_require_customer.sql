BEGIN;
ALTER TABLE company."Order" ALTER COLUMN "Bemerkung" SET NOT NULL; -- expect: replay error
COMMIT;
