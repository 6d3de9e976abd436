BEGIN;
INSERT INTO company.log (id, note) VALUES (1, 'first'), (2, 'second');
INSERT INTO company.master (domain, name, size_label) VALUES ('acme.example', 'Acme', '11');
COMMIT;
