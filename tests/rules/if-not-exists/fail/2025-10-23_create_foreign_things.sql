-- replay: 42704
CREATE SERVER crm FOREIGN DATA WRAPPER nowhere; -- expect: if-not-exists
CREATE USER MAPPING FOR PUBLIC SERVER crm; -- expect: if-not-exists
CREATE FOREIGN TABLE company.leads (id bigint) SERVER crm; -- expect: if-not-exists
