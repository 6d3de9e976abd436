-- name: legacy
SELECT * FROM company.master;
