BEGIN;
ALTER TABLE company.master ADD COLUMN tier int NOT NULL DEFAULT 0;
ALTER TABLE company.master ALTER COLUMN tier DROP DEFAULT; -- expect: consumers
COMMIT;
