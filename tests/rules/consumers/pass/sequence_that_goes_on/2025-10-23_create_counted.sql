BEGIN;
CREATE TABLE company.counted (id serial PRIMARY KEY, note text);
COMMIT;
