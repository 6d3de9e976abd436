-- nothing is unique here but the generated id, so nothing ever conflicts
BEGIN;
INSERT INTO company.master (domain, name) -- expect: idempotent
VALUES ('acme.example', 'Acme'), ('globex.example', 'Globex')
ON CONFLICT DO NOTHING;

INSERT INTO company.log (id, note) VALUES (1, 'two companies added'); -- expect: idempotent
INSERT INTO company.slot (id) VALUES (1) ON CONFLICT (id) DO NOTHING;
COMMIT;
