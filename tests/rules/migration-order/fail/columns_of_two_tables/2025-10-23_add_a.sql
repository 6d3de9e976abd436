-- replay: 42703
ALTER TABLE company.master ADD COLUMN a int;
UPDATE people.master SET b = 1; -- expect: migration-order
