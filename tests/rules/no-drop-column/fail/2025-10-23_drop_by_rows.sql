SELECT 'ALTER TABLE company.master DROP COLUMN legacy_id' \gexec -- expect: no-drop-column
