BEGIN;
ALTER TABLE company.log RENAME TO journal;
CREATE VIEW company.log AS SELECT id, note FROM company.journal;
COMMIT;
