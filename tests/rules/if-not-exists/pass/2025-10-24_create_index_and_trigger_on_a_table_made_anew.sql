BEGIN;
DROP TABLE IF EXISTS company.tag;
CREATE TABLE company.tag (id bigint, name text);
CREATE INDEX tag_id_idx ON company.tag (id);
CREATE TRIGGER touch BEFORE UPDATE ON company.tag FOR EACH ROW EXECUTE FUNCTION company.touch();
CREATE RULE keep AS ON DELETE TO company.tag DO INSTEAD NOTHING;
ALTER TABLE company.tag ADD COLUMN kind text;
COMMIT;
