ALTER TABLE company.master ALTER COLUMN fax DROP NOT NULL, ALTER COLUMN legacy_id DROP DEFAULT, ALTER COLUMN name SET NOT NULL;
ALTER TABLE company.master ADD CONSTRAINT master_name_check CHECK (name <> '');
ALTER TABLE company.master ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.master RENAME COLUMN fax TO telefax;
ALTER TYPE company.stage RENAME VALUE 'won' TO 'closed';
ALTER TYPE company.address ADD ATTRIBUTE zip text;
