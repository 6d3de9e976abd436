-- name: put
INSERT INTO company.log (id, note) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING;
