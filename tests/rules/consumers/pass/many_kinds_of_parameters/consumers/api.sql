-- name: find
SELECT m.id, p.email FROM company.master m LEFT JOIN people.master AS p ON p.company_id = m.id
WHERE m.id = ANY(:ids) AND lower(m.name) LIKE :pattern AND (:since::timestamptz IS NULL OR m.created_at > :since) LIMIT :n OFFSET :o;
-- name: put_many
INSERT INTO company.slot (id, payload) SELECT x.id, :payload::jsonb FROM unnest(:ids::bigint[]) AS x(id) ON CONFLICT DO NOTHING;
-- name: won
SELECT :stage::company.stage = 'won', (:address::company.address).city, :code::company.code;
-- name: merge
MERGE INTO company.log l USING (SELECT :id::bigint AS id) s ON l.id = s.id WHEN MATCHED THEN UPDATE SET note = :note WHEN NOT MATCHED THEN INSERT (id, note) VALUES (s.id, :note);
-- name: both
UPDATE company.log SET (id, note) = (:id, :note) WHERE note BETWEEN :low AND :high;
