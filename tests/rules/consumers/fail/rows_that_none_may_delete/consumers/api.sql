-- name: forget
DELETE FROM company.log WHERE id = :id;
