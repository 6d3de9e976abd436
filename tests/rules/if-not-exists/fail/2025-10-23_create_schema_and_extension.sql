CREATE SCHEMA bit; -- expect: if-not-exists
CREATE EXTENSION hstore; -- expect: if-not-exists
CREATE SEQUENCE company.more; -- expect: if-not-exists
