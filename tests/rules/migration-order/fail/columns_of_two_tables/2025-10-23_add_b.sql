ALTER TABLE people.master ADD COLUMN b int;
UPDATE company.master c SET a = 1; -- expect: migration-order
