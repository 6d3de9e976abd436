CREATE TABLE company.tag (id bigint); -- expect: if-not-exists
CREATE UNLOGGED TABLE company.tag2 (id bigint); -- expect: if-not-exists
CREATE TABLE company.tag3 (LIKE company.tag); -- expect: if-not-exists
