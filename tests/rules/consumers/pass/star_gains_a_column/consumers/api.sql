-- name: all_logs
SELECT * FROM company.log AS l JOIN company.slot AS s USING (id);
