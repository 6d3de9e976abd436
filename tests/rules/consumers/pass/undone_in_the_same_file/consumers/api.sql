-- name: logs
SELECT id, note FROM company.log;
