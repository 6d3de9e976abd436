-- name: set_email
UPDATE people.master SET email = :email WHERE id = :id;
