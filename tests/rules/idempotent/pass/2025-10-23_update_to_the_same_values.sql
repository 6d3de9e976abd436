-- the second time every row is written again, as it is
BEGIN;
CREATE UNIQUE INDEX IF NOT EXISTS log_id_key ON company.log (id);
INSERT INTO company.log (id, note) VALUES (1, ' Imported '), (2, 'CHECKED'), (3, 'done')
ON CONFLICT (id) DO UPDATE SET note = EXCLUDED.note;
UPDATE company.log SET note = lower(btrim(note));
UPDATE company.log SET note = 'finished' WHERE id = 3;
COMMIT;
