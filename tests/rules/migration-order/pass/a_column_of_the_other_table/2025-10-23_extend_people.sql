ALTER TABLE people.master ADD COLUMN domain text;
