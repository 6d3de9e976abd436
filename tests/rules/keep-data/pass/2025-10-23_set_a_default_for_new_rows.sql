BEGIN;

ALTER TABLE company.master ALTER COLUMN size_label SET DEFAULT 'small', ALTER COLUMN legacy_id DROP DEFAULT;
INSERT INTO company.master (domain) VALUES ('new.example');
DELETE FROM company.master WHERE domain = 'new.example' AND size_label = 'small' AND created_at = now();

COMMIT;
