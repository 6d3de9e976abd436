BEGIN;
CREATE TABLE company.room (id bigint PRIMARY KEY, seats text, opened text);
INSERT INTO company.room VALUES (1, '12', '2024-05-06'), (2, '150', NULL), (3, NULL, '2025-10-23');
COMMIT;
