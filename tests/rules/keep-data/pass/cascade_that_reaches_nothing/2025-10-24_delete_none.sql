BEGIN;
INSERT INTO company.tally VALUES (3, 30);
INSERT INTO company.hit VALUES (3, 3);
DELETE FROM company.tally WHERE id = 3;
COMMIT;
