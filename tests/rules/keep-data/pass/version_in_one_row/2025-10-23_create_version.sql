BEGIN;
CREATE TABLE company.version (ver text PRIMARY KEY);
INSERT INTO company.version VALUES ('a');
COMMIT;
