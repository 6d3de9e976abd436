BEGIN;
CREATE TABLE company.rank (place integer PRIMARY KEY, domain text);
INSERT INTO company.rank VALUES (1, 'acme.example'), (2, 'globex.example');
COMMIT;
