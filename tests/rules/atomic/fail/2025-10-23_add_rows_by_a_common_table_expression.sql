BEGIN;
SELECT 1;
COMMIT;
WITH made AS ( -- expect: atomic
    INSERT INTO company.master (domain) VALUES ('acme.example') RETURNING id
)
SELECT id FROM made;
INSERT INTO company.slot (id, master_id) SELECT 1, id FROM company.master WHERE domain = 'acme.example';
