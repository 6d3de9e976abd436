BEGIN;
INSERT INTO company.log (id, note) VALUES (1, 'seed');
COMMIT;
INSERT INTO company.log (id, note)
SELECT 1, 'seed' WHERE NOT EXISTS (SELECT FROM company.log WHERE id = 1);
UPDATE company.log SET note = 'never' WHERE id = 1 AND id = 2;
