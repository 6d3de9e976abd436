BEGIN;
CREATE TABLE company.counter (name text PRIMARY KEY, value integer NOT NULL);
INSERT INTO company.counter VALUES ('migrations', 41), ('indexes', 2);
COMMIT;
