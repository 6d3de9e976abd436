-- name: add_company
INSERT INTO company.master (domain, legacy_id) VALUES (:domain, :legacy);
