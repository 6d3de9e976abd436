DROP TABLE IF EXISTS company.log;
CREATE TABLE company.log (id bigint, raw text);
ALTER TABLE company.log DROP COLUMN raw;
SELECT id, fax INTO company.chosen FROM company.master;
ALTER TABLE company.chosen DROP COLUMN fax;
