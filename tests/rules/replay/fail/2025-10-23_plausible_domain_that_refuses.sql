BEGIN;
CREATE DOMAIN company.mail AS text CHECK (VALUE LIKE '%@%');
ALTER TABLE company.log ALTER COLUMN note TYPE company.mail; -- expect: replay warning
COMMIT;
