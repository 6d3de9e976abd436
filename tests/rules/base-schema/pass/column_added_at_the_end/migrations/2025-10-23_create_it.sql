ALTER TABLE company.log ADD COLUMN tier text DEFAULT 'a';
