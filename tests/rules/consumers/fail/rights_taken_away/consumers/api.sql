-- name: count_logs
SELECT count(*) FROM company.log;
