ALTER TABLE company.diary ADD COLUMN IF NOT EXISTS note text;
