BEGIN;
INSERT INTO company.master (domain, name, size_label) VALUES
    ('acme.example', 'Acme', NULL),
    ('globex.example', 'Globex', '11-50'),
    ('initech.example', NULL, NULL);
COMMIT;
