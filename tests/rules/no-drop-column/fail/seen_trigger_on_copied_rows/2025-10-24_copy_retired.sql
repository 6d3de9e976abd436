BEGIN;
INSERT INTO company.retired VALUES ('company.master', 'IS ''Companies''', 'COMMENT ON TABLE');
COPY company.retired (tab, col, how) FROM stdin; -- expect: no-drop-column
company.master DROP COLUMN	fax	ALTER TABLE
\.
INSERT INTO company.retired (how, tab, col) -- expect: no-drop-column
VALUES
    ('ALTER TABLE', 'company.slot DROP', 'payload');
COMMIT;
