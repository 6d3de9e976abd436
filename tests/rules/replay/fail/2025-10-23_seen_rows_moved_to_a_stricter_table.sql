BEGIN;
CREATE TABLE IF NOT EXISTS company.label (master_id bigint PRIMARY KEY, label text NOT NULL);
INSERT INTO company.label (master_id, label) -- expect: replay error
SELECT id, size_label
FROM company.master;
COMMIT;
