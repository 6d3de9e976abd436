DROP VIEW company.names; -- expect: if-not-exists
DROP INDEX company.master_name_idx; -- expect: if-not-exists
DROP TABLE company.log, company.slot; -- expect: if-not-exists
DROP FUNCTION company.touch(); -- expect: if-not-exists
DROP TYPE company.stage; -- expect: if-not-exists
