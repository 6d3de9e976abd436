BEGIN;
CREATE TABLE company.note (id integer PRIMARY KEY, tenant integer NOT NULL, body text, kind text);
INSERT INTO company.note VALUES (1, 1, 'one', 'a'), (2, 2, 'two', 'b');
COMMIT;
