BEGIN;
ALTER TABLE company.master ADD CONSTRAINT master_name_length CHECK (char_length(name) < 5000);
ALTER TABLE company.master ADD CONSTRAINT master_label_there CHECK (size_label IS NULL OR size_label <> '');
ALTER TABLE company.master ALTER COLUMN legacy_id SET DEFAULT 1, ADD CONSTRAINT master_id_check CHECK (id > 0);
COMMIT;
