CREATE FUNCTION pg_temp.slug(t text) RETURNS text LANGUAGE sql AS 'SELECT lower(t)';
UPDATE company.master SET domain = pg_temp.slug(domain);
DROP FUNCTION pg_temp.slug(text);
CREATE TEMP TABLE batch (id bigint);
CREATE TRIGGER touched BEFORE INSERT ON batch FOR EACH ROW EXECUTE FUNCTION company.touch();
ALTER TABLE batch ADD COLUMN note text;
DROP TABLE batch;
SELECT id INTO TEMP TABLE chosen FROM company.master;
DROP TABLE chosen;
