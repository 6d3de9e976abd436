BEGIN;
CREATE TABLE company.city (name text);
CREATE TABLE company.capital (state text) INHERITS (company.city);
INSERT INTO company.city VALUES ('Mariposa');
INSERT INTO company.capital VALUES ('Sacramento', 'CA');
COMMIT;
