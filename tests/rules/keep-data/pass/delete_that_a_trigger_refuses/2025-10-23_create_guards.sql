BEGIN;
INSERT INTO company.log VALUES (1, 'kept for ten years');
INSERT INTO company.slot (id) VALUES (1);
CREATE TRIGGER keep BEFORE DELETE ON company.log FOR EACH ROW EXECUTE FUNCTION company.touch();
CREATE RULE keep AS ON DELETE TO company.slot DO INSTEAD NOTHING;
COMMIT;
