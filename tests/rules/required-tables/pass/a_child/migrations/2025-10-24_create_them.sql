BEGIN;
CREATE TABLE IF NOT EXISTS company.note () INHERITS (company.log);
COMMIT;
