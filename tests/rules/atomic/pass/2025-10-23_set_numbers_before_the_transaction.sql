SELECT setval('company.numbers', 1000);
SELECT nextval('company.numbers');
BEGIN;
CREATE TABLE company.invoice (id bigint DEFAULT nextval('company.numbers'), total numeric);
INSERT INTO company.invoice (total) VALUES (9.5);
COMMIT;
