-- name: add_log
INSERT INTO company.log (id, note) VALUES (:id, :note);
