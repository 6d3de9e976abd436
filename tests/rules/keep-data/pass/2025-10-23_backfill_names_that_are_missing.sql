BEGIN;
UPDATE company.master SET name = domain WHERE name IS NULL;
UPDATE company.master SET size_label = COALESCE(size_label, 'unknown'), legacy_id = COALESCE(legacy_id, 0);
COMMIT;
