-- name: put_slot
INSERT INTO company.slot (id, payload) VALUES (:id, :payload)
ON CONFLICT (id) DO UPDATE SET payload = excluded.payload;
