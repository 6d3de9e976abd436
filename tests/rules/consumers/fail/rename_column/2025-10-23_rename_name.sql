BEGIN;
COMMENT ON TABLE company.log IS 'What happened';
DROP VIEW company.names;
ALTER TABLE company.master RENAME COLUMN name TO title; -- expect: consumers
COMMIT;
