ALTER TABLE company.log RENAME TO journal; -- expect: if-not-exists
ALTER VIEW company.names SET SCHEMA people; -- expect: if-not-exists
