BEGIN;
CREATE VIEW company.log AS SELECT id, note FROM company.journal;
COMMIT;
