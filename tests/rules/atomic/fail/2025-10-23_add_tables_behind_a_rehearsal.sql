-- first a rehearsal, then in earnest
BEGIN;
CREATE TABLE company.badge (id bigint PRIMARY KEY);
INSERT INTO company.badge VALUES (1);
ROLLBACK;
CREATE TABLE company.badge (id bigint PRIMARY KEY); -- expect: atomic
INSERT INTO company.badge VALUES (1);
