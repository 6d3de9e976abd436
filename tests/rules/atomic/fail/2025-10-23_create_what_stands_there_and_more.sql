CREATE TABLE IF NOT EXISTS company.log (id bigint);
CREATE SCHEMA IF NOT EXISTS people;
INSERT INTO company.log (id, note) SELECT 1, 'never' WHERE false;
CREATE SEQUENCE IF NOT EXISTS company.ticket_numbers; -- expect: atomic
CREATE TABLE IF NOT EXISTS company.ticket (id bigint DEFAULT nextval('company.ticket_numbers'));
