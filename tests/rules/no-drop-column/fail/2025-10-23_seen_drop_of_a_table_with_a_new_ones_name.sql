-- the table that this file made is gone again; its name now means an old one
BEGIN;
CREATE TABLE company.journal (id bigint, note text);
DROP TABLE company.journal;
ALTER TABLE company.log RENAME TO journal;
SELECT set_config('ctb.cleanup', 'ALTER TABLE company.journal DROP COLUMN note', true);
DO $$ -- expect: no-drop-column
BEGIN
    EXECUTE current_setting('ctb.cleanup');
END $$;
COMMIT;
