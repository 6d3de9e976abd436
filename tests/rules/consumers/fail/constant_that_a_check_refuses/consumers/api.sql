-- name: add_small
INSERT INTO company.master (domain, size_label) VALUES (:domain, 'small');
