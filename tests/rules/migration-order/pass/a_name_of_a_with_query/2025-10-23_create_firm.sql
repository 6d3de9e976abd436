CREATE TABLE firm (id bigint, name text);
