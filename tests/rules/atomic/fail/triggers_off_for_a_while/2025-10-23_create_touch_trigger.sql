BEGIN;
CREATE TRIGGER touch_master BEFORE UPDATE ON company.master FOR EACH ROW EXECUTE FUNCTION company.touch();
INSERT INTO company.master (domain) VALUES ('acme.example');
COMMIT;
