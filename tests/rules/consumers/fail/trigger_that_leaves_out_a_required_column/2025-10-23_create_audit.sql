BEGIN;
CREATE TABLE company.audit (log_id bigint, at timestamptz DEFAULT now(), source text);
CREATE FUNCTION company.audits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO company.audit (log_id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER audits AFTER INSERT ON company.log FOR EACH ROW EXECUTE FUNCTION company.audits();
COMMIT;
