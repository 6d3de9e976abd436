-- name: add_person
INSERT INTO people.master (email) VALUES (:email);
