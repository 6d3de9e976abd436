SET search_path = company;
CREATE TABLE tag (id bigint);
ALTER TABLE tag ADD COLUMN name text;
