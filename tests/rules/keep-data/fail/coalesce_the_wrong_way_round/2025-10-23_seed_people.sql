BEGIN;
INSERT INTO people.master (email, title) VALUES ('ada@acme.example', 'CTO'), ('bob@acme.example', NULL);
COMMIT;
