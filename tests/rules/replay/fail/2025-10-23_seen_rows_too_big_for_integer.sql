BEGIN;
ALTER TABLE company.log ALTER COLUMN note TYPE varchar(5000);
ALTER TABLE company.log ALTER COLUMN id TYPE integer; -- expect: replay warning
COMMIT;
