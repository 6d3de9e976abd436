DROP TABLE IF EXISTS company.log;
CREATE TABLE company.tag (id bigint); -- expect: if-not-exists
