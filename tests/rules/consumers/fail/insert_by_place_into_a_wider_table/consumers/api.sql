-- name: put_log
INSERT INTO company.log VALUES ($1, $2);
