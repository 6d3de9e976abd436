-- name: notes
SELECT note FROM company.log WHERE note = $1;
