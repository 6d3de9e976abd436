\set schema company
ALTER TABLE :schema.master ADD COLUMN tier text; -- expect: if-not-exists
