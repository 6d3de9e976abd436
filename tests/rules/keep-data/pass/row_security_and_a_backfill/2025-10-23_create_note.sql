BEGIN;
CREATE TABLE company.note (id integer PRIMARY KEY, tenant integer NOT NULL, body text, kind text);
COMMIT;
