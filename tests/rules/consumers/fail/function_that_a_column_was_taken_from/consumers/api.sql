-- name: rename
SELECT company.give_name(:id, :name);
