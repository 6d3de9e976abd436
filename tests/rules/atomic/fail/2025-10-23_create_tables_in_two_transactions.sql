BEGIN;
CREATE TABLE company.region (code text PRIMARY KEY);
COMMIT; -- expect: atomic
BEGIN;
CREATE TABLE company.office (id bigint PRIMARY KEY, region text REFERENCES company.region (code));
COMMIT;
