BEGIN;
INSERT INTO company.reading VALUES (4, 22), (5, 22); -- expect: keep-data
COMMIT;
