BEGIN;
CREATE TABLE company.chore (place integer PRIMARY KEY, command text NOT NULL);
INSERT INTO company.chore VALUES
    (1, 'COMMENT ON TABLE company.master IS ''Companies'''),
    (2, 'ALTER TABLE company.master DROP COLUMN size_label');
DO $$ -- expect: no-drop-column
DECLARE
    chore record;
BEGIN
    FOR chore IN SELECT command FROM company.chore ORDER BY place LOOP
        EXECUTE chore.command;
    END LOOP;
END $$;
DROP TABLE company.chore;
COMMIT;
