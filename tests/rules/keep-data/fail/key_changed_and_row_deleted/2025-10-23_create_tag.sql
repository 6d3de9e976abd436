BEGIN;
CREATE TABLE company.tag (name text PRIMARY KEY);
INSERT INTO company.tag VALUES ('go'), ('sql'), ('c');
COMMIT;
