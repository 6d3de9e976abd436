BEGIN;
ALTER TABLE company.master ADD COLUMN size_min integer;
UPDATE company.master SET size_min = 1, size_label = 'unknown, see size_min'; -- expect: keep-data
COMMIT;
