BEGIN;
INSERT INTO company.master (domain) VALUES ('acme.example');
CREATE TABLE company.rehearsal AS SELECT domain FROM company.master;
ROLLBACK;
BEGIN;
INSERT INTO company.master (domain) VALUES ('acme.example');
INSERT INTO company.slot (id, master_id) SELECT 1, id FROM company.master WHERE domain = 'acme.example';
COMMIT;
