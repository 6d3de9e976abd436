-- the rows of other trials have other keys
BEGIN;
INSERT INTO company.master (id, domain) OVERRIDING SYSTEM VALUE VALUES (1, 'a.example'), (2, 'b.example'), (1001, 'c.example');
INSERT INTO company.slot (id, master_id) VALUES (1, 1), (2, 2);
COMMIT;
