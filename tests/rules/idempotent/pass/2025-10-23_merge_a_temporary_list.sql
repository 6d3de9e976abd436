BEGIN;
CREATE TEMPORARY TABLE incoming (id bigint, note text) ON COMMIT DROP;
INSERT INTO incoming VALUES (1, 'new'), (2, 'won'), (2, 'won');
MERGE INTO company.log AS old
USING (SELECT DISTINCT id, note FROM incoming) AS one ON old.id = one.id
WHEN MATCHED THEN UPDATE SET note = one.note
WHEN NOT MATCHED THEN INSERT (id, note) VALUES (one.id, one.note);
COMMIT;
