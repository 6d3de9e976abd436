BEGIN;

MERGE INTO company.slot AS s USING (VALUES (5, 'a'), (6, 'b')) AS new (id, note) ON s.id = new.id
WHEN MATCHED THEN DO NOTHING
WHEN NOT MATCHED THEN INSERT (id) VALUES (new.id);
INSERT INTO company.log (id, note) SELECT m.id, m.domain FROM company.master AS m WHERE m.size_label = 'new';

COMMIT;
