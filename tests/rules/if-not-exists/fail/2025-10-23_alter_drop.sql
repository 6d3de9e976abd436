ALTER TABLE company.master DROP CONSTRAINT master_fax_check; -- expect: if-not-exists
ALTER TABLE people.master ALTER COLUMN id DROP IDENTITY; -- expect: if-not-exists
ALTER TABLE people.master ALTER COLUMN full_name DROP EXPRESSION; -- expect: if-not-exists
ALTER DOMAIN company.code DROP CONSTRAINT code_check; -- expect: if-not-exists
ALTER TYPE company.address DROP ATTRIBUTE city; -- expect: if-not-exists
