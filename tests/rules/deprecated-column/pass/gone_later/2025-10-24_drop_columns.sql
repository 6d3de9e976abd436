BEGIN;
ALTER TABLE company.import DROP COLUMN raw;
ALTER TABLE company.import DROP COLUMN source;
ALTER TABLE company.import ADD COLUMN source text NOT NULL;
DROP TABLE company.log;
CREATE TABLE company.log (id bigint, note text NOT NULL);
COMMIT;
