-- name: start_over
UPDATE people.master SET title = NULL WHERE id = $1;
