BEGIN;
INSERT INTO company.log VALUES (1, 'first'), (2, 'second'), (3, 'third');
COMMIT;
