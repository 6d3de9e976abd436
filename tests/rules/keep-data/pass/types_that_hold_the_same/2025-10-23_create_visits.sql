BEGIN;
CREATE TABLE company.visit (id integer PRIMARY KEY, seen_at timestamp, path varchar(80), took real, cents numeric(8, 2));
INSERT INTO company.visit VALUES (1, '2024-05-06 17:08:09.123456', '/a', 0.1, 9.90), (2, NULL, NULL, NULL, NULL);
COMMIT;
