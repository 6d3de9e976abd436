-- name: add_number
INSERT INTO company.counted (note) VALUES (:note) RETURNING id;
-- name: next
SELECT nextval('company.numbers');
