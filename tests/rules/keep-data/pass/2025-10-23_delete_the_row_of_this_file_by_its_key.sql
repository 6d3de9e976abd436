BEGIN;

INSERT INTO company.slot (id, payload) VALUES (4711, '{"probe": true}');
UPDATE company.slot SET payload = '{"probe": false}' WHERE id = 4711;
DELETE FROM company.slot WHERE id = 4711;

COMMIT;
