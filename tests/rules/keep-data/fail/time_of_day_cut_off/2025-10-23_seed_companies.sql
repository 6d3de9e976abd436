BEGIN;
INSERT INTO company.master (domain, created_at) VALUES ('acme.example', '2024-05-06 17:08:09+00');
COMMIT;
