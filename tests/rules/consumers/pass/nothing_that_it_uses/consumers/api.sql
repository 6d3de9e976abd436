-- name: domains
SELECT domain FROM company.master;
