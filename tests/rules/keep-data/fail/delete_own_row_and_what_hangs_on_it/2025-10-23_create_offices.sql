BEGIN;
CREATE TABLE company.region (code text PRIMARY KEY);
CREATE TABLE company.office (
    id bigint PRIMARY KEY,
    region text REFERENCES company.region (code) ON DELETE CASCADE
);
INSERT INTO company.region VALUES ('emea');
INSERT INTO company.office VALUES (1, 'emea'), (2, NULL);
COMMIT;
