BEGIN;
DELETE FROM company.slot WHERE id IS NULL;
DELETE FROM company.log WHERE id > 5 AND id < 5;
DELETE FROM company.master AS m WHERE NOT EXISTS (SELECT FROM company.master AS same WHERE same.id = m.id);
COMMIT;
