ALTER TABLE company.master ADD COLUMN IF NOT EXISTS vat text;
