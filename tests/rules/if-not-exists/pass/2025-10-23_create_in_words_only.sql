-- CREATE TABLE company.tag (id bigint);
INSERT INTO company.log (note) VALUES ('CREATE TABLE x (id int);'), ($$DROP TABLE y;$$);
COMMENT ON TABLE company.log IS 'DROP INDEX z';
/* CREATE VIEW v AS SELECT 1; */
