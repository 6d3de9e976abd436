-- name: add_log
INSERT INTO company.log (id, note) VALUES (:id, :note);
-- name: logs
SELECT id, note FROM company.log WHERE id > :since;
