BEGIN;

UPDATE company.master SET size_label = 'tiny' WHERE size_label = 'tiny';
UPDATE company.master SET name = CASE WHEN name = 'a' THEN 'a' ELSE name END WHERE domain = 'a.com';
UPDATE company.log SET note = NULL WHERE note IS NULL AND id = 3;
UPDATE company.slot SET payload = payload || '{}' WHERE payload @> '{"kept": true}';

COMMIT;
