BEGIN;
CREATE TABLE company.tally (id integer PRIMARY KEY, hits integer);
INSERT INTO company.tally VALUES (1, 10), (2, 20);
CREATE TABLE company.hit (id int PRIMARY KEY, tally_id int REFERENCES company.tally ON UPDATE CASCADE);
INSERT INTO company.hit VALUES (1, 1);
COMMIT;
