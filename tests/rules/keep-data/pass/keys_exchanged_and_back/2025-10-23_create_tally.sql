BEGIN;
CREATE TABLE company.place (id integer PRIMARY KEY);
INSERT INTO company.place VALUES (1), (2);
COMMIT;
