BEGIN;
SELECT company.alter_event('ALTER COLUMN origin SET DEFAULT ''web''');
SELECT company.alter_event('DROP COLUMN origin'); -- expect: no-drop-column
COMMIT;
