ALTER TABLE people.folk ADD COLUMN IF NOT EXISTS linkedin_url text;
