BEGIN;

INSERT INTO company.slot (id, master_id) SELECT m.id, m.id FROM company.master AS m WHERE m.size_label = 'huge'
ON CONFLICT (id) DO NOTHING;
INSERT INTO company.log (id, note) SELECT m.id, m.domain FROM company.master AS m
WHERE NOT EXISTS (SELECT FROM company.log AS l WHERE l.id = m.id AND l.note = m.domain);

COMMIT;
