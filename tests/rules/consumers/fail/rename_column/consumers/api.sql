-- name: list_names :many
SELECT id, name FROM company.master WHERE id = $1;

-- name: list_domains
SELECT domain FROM company.master;
