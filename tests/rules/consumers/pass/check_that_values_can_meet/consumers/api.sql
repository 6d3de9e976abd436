-- name: add_company
INSERT INTO company.master (domain, size_label) VALUES (:domain, :size);
-- name: resize
UPDATE company.master SET size_label = :size WHERE id = :id;
