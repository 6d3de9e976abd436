-- name: add_person
INSERT INTO people.master (company_id, email) VALUES (:company, :email);
-- name: add_log
INSERT INTO company.log (id, note) VALUES (:id, :note);
