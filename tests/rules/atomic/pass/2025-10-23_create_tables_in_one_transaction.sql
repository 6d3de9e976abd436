BEGIN;
CREATE TABLE company.region (code text PRIMARY KEY);
CREATE TABLE company.office (id bigint PRIMARY KEY, region text REFERENCES company.region (code));
INSERT INTO company.region VALUES ('COMMIT;'), ('ROLLBACK;');
COMMIT;
