-- replay: psql
SELECT 1;
ALTER TABLE ${schema}.master ADD COLUMN tier text; -- expect: replay:13
