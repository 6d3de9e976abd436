-- name: add_company :exec
INSERT INTO company.master (domain, name) VALUES (:domain, :name);
