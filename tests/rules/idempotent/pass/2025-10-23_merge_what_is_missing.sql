BEGIN;

MERGE INTO company.slot AS s USING company.master AS m ON s.id = m.id
WHEN MATCHED AND s.master_id IS NULL THEN UPDATE SET master_id = m.id
WHEN NOT MATCHED THEN INSERT (id, master_id) VALUES (m.id, m.id);

COMMIT;
