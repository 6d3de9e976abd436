/* BEGIN; */
SELECT 'BEGIN;' AS "BEGIN;";
INSERT INTO company.log (id, note) -- expect: atomic
VALUES (1, 'BEGIN;
');
INSERT INTO company.log (id, note) VALUES (2, '
COMMIT;');
-- COMMIT;
