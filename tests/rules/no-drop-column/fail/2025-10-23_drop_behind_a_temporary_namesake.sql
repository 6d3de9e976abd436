SET search_path = company;
CREATE TEMP TABLE log (id bigint);
DROP TABLE log;
ALTER TABLE log DROP COLUMN note; -- expect: no-drop-column:17
