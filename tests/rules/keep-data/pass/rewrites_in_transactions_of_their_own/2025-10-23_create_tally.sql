BEGIN;
CREATE TABLE company.tally (id integer PRIMARY KEY, hits integer);
INSERT INTO company.tally VALUES (1, 10), (2, 20);
COMMIT;
