BEGIN;

INSERT INTO company.master AS m (id, domain, name) OVERRIDING SYSTEM VALUE VALUES (1, 'a.com', 'A')
ON CONFLICT (id) DO UPDATE SET name = coalesce(m.name, excluded.name);

COMMIT;
